import { Command, CommanderError } from 'commander';
import { ConfigError, VERSION } from '../service/index.ts';
import { ProblemError } from '../wire/problems.ts';
import { addBaseline } from './baseline.ts';
import { addCompletion } from './completion.ts';
import { addDashboards } from './dashboards.ts';
import { addDemo } from './demo/command.ts';
import { badInput, CommandError, EXIT, type ExitCode } from './exit.ts';
import { addGate } from './gate.ts';
import { addExample, listCommands, toCommandPath, toFirstSentence } from './help.ts';
import { toLine } from './print.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { createSession, type Ports, type Session } from './session.ts';
import { addStart } from './start.ts';
import { addToken } from './token.ts';

/** What is said about options that cannot be read is kept back, since the error handler says it, as text or as JSON. */
function createProgram(ports: Ports): Command {
  return new Command('plumbline')
    .description('Performance regressions of heterogeneous machines: tool output in, release verdicts out.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--json', 'print JSON, one line an answer')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: ports.write,
      writeErr: ports.writeError,
      outputError: () => undefined,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** The command tree. */
export function buildProgram(program: Command, session: Session): Command {
  for (const add of [addDemo, addStart, addRun, addBaseline, addGate, addReport, addToken, addDashboards, addCompletion])
    add(program, session);
  addExample(program, 'plumbline demo', 'plumbline start', 'plumbline run push --help');
  program.addHelpText(
    'after',
    `
Clients read PLUMBLINE_URL (http://127.0.0.1:8420 without it) and PLUMBLINE_TOKEN, else the admin token of this machine.
Exit codes: 0 pass, drift or improvement; 1 regression; 2 inconclusive; 3 bad input; 4 service unavailable.`,
  );
  for (const command of listCommands(program)) command.summary(toFirstSentence(command.description()));
  return program;
}

/** The command that the arguments lead to, for pointing at its help. */
function findCommand(program: Command, argv: readonly string[]): Command {
  let found = program;
  for (const word of argv) found = found.commands.find((command) => command.name() === word) ?? found;
  return found;
}

/** Whatever was thrown, as the error the command ends with; undefined when all is well, as after `--help`. */
function toFailure(error: unknown, program: Command, argv: readonly string[]): CommandError | undefined {
  if (error instanceof CommandError) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === EXIT.ok) return undefined;
    const message = error.code === 'commander.help' ? 'which command?' : error.message.replace(/^error: /, '');
    const [first = message, ...others] = message.split('\n');
    return badInput(first, [...others, `see \`${toCommandPath(findCommand(program, argv))} --help\``]);
  }
  if (error instanceof ProblemError) {
    return new CommandError(error.status >= 500 ? EXIT.unavailable : EXIT.badInput, error.message, {
      lines: error.errors.map(({ pointer, detail }) => `${toLine(pointer) || '/'}: ${toLine(detail)}`),
      members: { type: error.type, errors: error.errors },
    });
  }
  if (error instanceof ConfigError) return badInput(error.message);
  return new CommandError(EXIT.unavailable, 'this is a fault of plumbline', {
    lines: (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n'),
  });
}

function report(failure: CommandError, session: Session): ExitCode {
  const { exitCode, message, lines, members } = failure;
  if (session.json()) session.writeError(`${JSON.stringify({ error: { message, ...members }, exitCode, lines })}\n`);
  else session.writeError(`plumbline: ${toLine(message)}\n${lines.map((line) => `  ${toLine(line)}\n`).join('')}`);
  return exitCode;
}

/**
 * Runs one command line.
 * @param argv arguments without node and script
 * @returns the exit code
 */
export async function runPlumbline(argv: readonly string[], ports: Ports): Promise<ExitCode> {
  const program = createProgram(ports);
  const session = createSession(ports, () => program.opts<{ readonly json?: boolean }>().json === true);
  buildProgram(program, session);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return session.exitCode();
  } catch (error) {
    const failure = toFailure(error, program, argv);
    return failure === undefined ? EXIT.ok : report(failure, session);
  }
}
