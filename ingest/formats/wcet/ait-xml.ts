import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { openText, placeAt } from '../../lexers/text.ts';
import { parseXml, walkXml, type XmlElement } from '../../lexers/xml.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BoundCollector } from './bound-collector.ts';
import { CYCLES, requireTask, type WcetFormat } from './wcet-format.ts';

/**
 * AbsInt aiT, results XML (`results/result/cycles`) and report XML (`wcet_path` with its `wcet_entry`). UNVERIFIED: no real file was found; the
 * element names come from the importer of platin for a3 13.04, matched without prefix and wherever they stand.
 */
export const aitXmlFormat: WcetFormat<'ait-xml'> = {
  id: 'ait-xml',
  kind: 'wcet',
  mode: 'whole',
  summary: 'results or report XML of AbsInt aiT, unverified: no real file was available (task= required for results)',
  extraParameters: ['task'],
  detect: (head) => /^\uFEFF?\s*</.test(head) && /<(?:\w{1,40}:)?(?:a3|results|wcet_analysis_task)[\s/>]/.test(head),
  parse: parseAit,
};

const UNVERIFIED =
  'aiT XML is read by element names of a3 13.04 and was never tried on a real file: compare the bound with the report of aiT';

function parseAit(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  const root = parseXml(opened);
  const bounds = new BoundCollector(parameters, tally);
  const elements = [...walkXml(root)];
  const paths = elements.filter(({ name }) => name === 'wcet_path');
  const results = elements.filter(({ name, children }) => name === 'result' && children.some((child) => child.name === 'cycles'));
  const add = (task: string, cycles: string, element: XmlElement): void => {
    bounds.add({
      task,
      kind: 'static',
      unit: CYCLES,
      text: cycles,
      nativeMetric: 'cycles',
      tool: 'aiT',
      ...placeAt(opened, element.position),
    });
  };
  for (const path of paths) addPath(path, elements, add, (detail, { position }) => fail(detail, opened, position));
  if (paths.length === 0 && results.length > 1)
    fail(
      'the file has more than one result and nothing that is known to name them: send each alone, with task=',
      opened,
      results[1]?.position ?? 0,
    );
  const [result] = paths.length === 0 ? results : [];
  const cycles = result?.children.filter(({ name }) => name === 'cycles') ?? [];
  const [only] = cycles;
  if (cycles.length > 1) fail('a result has more than one element cycles', opened, result?.position ?? 0);
  if (only !== undefined) add(requireTask(parameters, 'the results of aiT are not known to say it'), only.text, only);
  if (bounds.count === 0)
    fail('the file has neither result/cycles nor wcet_path: no WCET was computed, or it is another file of aiT', opened, root.position);
  tally.add('unverified_format', UNVERIFIED, null);
  return bounds.result();
}

type Add = (task: string, cycles: string, element: XmlElement) => void;

/** The WCET of a path is the cumulative cycles of the routine it enters; that routine is named by its id. */
function addPath(path: XmlElement, elements: readonly XmlElement[], add: Add, refuse: (detail: string, at: XmlElement) => never): void {
  const id = path.children.find(({ name }) => name === 'wcet_entry')?.attributes.get('routine');
  if (id === undefined) refuse('a wcet_path has no wcet_entry that names its routine', path);
  const names = elements.flatMap(({ name, attributes }) =>
    name === 'routine' && attributes.get('id') === id ? [attributes.get('name') ?? ''] : [],
  );
  const [task = ''] = names;
  if (task === '' || new Set(names).size > 1) refuse(`the routine ${id.slice(0, 40)} has no name, or two`, path);
  const routines = path.children.filter(({ name, attributes }) => name === 'wcet_routine' && attributes.get('routine') === id);
  const [routine] = routines;
  const cycles = routine?.attributes.get('cumulative_cycles');
  if (routine === undefined || cycles === undefined || routines.length > 1)
    refuse(`the wcet_path of ${task.slice(0, 40)} does not state the cumulative_cycles of its routine once`, path);
  add(task, cycles, routine);
}

function fail(detail: string, text: string, position: number): never {
  throw new ParseError(detail, placeAt(text, position));
}
