import type { Command } from 'commander';
import { addRunLooks } from './run/look.ts';
import { addRunPush } from './run/push.ts';
import { addRunSeal } from './run/seal.ts';
import { addRunStart } from './run/start.ts';
import type { Session } from './session.ts';

/** `plumbline run …`: a measuring session from its opening to its verdict. */
export function addRun(program: Command, session: Session): void {
  const run = program.command('run').description('Open, fill, seal and look at runs.');
  addRunStart(run, session);
  addRunPush(run, session);
  addRunSeal(run, session);
  addRunLooks(run, session);
}
