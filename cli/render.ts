import type { GateAnswer } from '../baselines/index.ts';
import type { Verdict } from '../wire/verdict.ts';
import type { RunAnswer } from './answers.ts';

/** Reports are rendered here, from the same functions as the service's; they load only when something is to be rendered. */
const loadDashboards = () => import('../dashboards/index.ts');

type Style = { readonly colour: boolean; readonly findingLimit?: number };

/** One verdict for a terminal. */
export async function renderVerdict(verdict: Verdict, run: RunAnswer, style: Style): Promise<string> {
  const { renderVerdictText } = await loadDashboards();
  return renderVerdictText({ verdict, run }, style);
}

/** One verdict for a pull request. */
export async function renderMarkdown(verdict: Verdict, run: RunAnswer): Promise<string> {
  const { renderVerdictMarkdown } = await loadDashboards();
  return renderVerdictMarkdown({ verdict, run });
}

/** A gate's answer for a terminal. */
export async function renderGate(answer: GateAnswer, gate: string, colour: boolean): Promise<string> {
  const { renderGateText } = await loadDashboards();
  return renderGateText(answer, { gate, colour });
}
