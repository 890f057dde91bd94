import type { Command } from 'commander';

/** Adds an example to a command's help. */
export function addExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** `plumbline run push` of a sub-command. */
export function toCommandPath(command: Command): string {
  return command.parent === null ? command.name() : `${toCommandPath(command.parent)} ${command.name()}`;
}

/** Every command of the tree, parents first, in the order of their adding. */
export function listCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(listCommands)];
}

/**
 * The first sentence of a description, for lists of commands, without its full stop.
 * @example toFirstSentence('Ask. Exit code: 0.') // 'Ask'
 */
export function toFirstSentence(text: string): string {
  return text.split(/(?<=\.)\s/, 1)[0]?.replace(/\.$/, '') ?? '';
}
