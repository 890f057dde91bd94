import { Argument, type Command } from 'commander';
import { addExample, listCommands, toCommandPath, toFirstSentence } from './help.ts';
import type { Session } from './session.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** What can be written at a place of the command tree. */
type Place = {
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  readonly values: readonly string[];
};
type Word = { readonly word: string; readonly description: string };

/** `plumbline run push` → `run push`; the program itself is ''. */
const toPath = (command: Command) => toCommandPath(command).split(' ').slice(1).join(' ');

function toPlace(command: Command, globals: readonly Word[]): Place {
  const own = command.options.flatMap(({ long, description }) =>
    long === undefined || long === null ? [] : [{ word: long, description }],
  );
  return {
    path: toPath(command),
    commands: command.commands.map((sub) => ({ word: sub.name(), description: toFirstSentence(sub.description()) })),
    options: [
      ...own,
      ...globals.filter((word) => !own.some((known) => known.word === word.word)),
      { word: '--help', description: 'display help for command' },
    ],
    values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
}

function listPlaces(program: Command): readonly Place[] {
  const globals = program.options.flatMap(({ long, description }) => (long === '--json' ? [{ word: long, description }] : []));
  return listCommands(program).map((command) => toPlace(command, globals));
}

const wordsOf = (place: Place) =>
  [...place.commands.map(({ word }) => word), ...place.values, ...place.options.map(({ word }) => word)].join(' ');

/** The part that bash and zsh share: which place of the tree the words before the cursor lead to. */
function toCases(places: readonly Place[]): string {
  return places.map((place) => `    '${place.path}') known='${wordsOf(place)}' ;;`).join('\n');
}

function toWalk(places: readonly Place[]): string {
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `    case "\${place:+$place }$word" in\n      ${paths.join('|')}) place="\${place:+$place }$word" ;;\n    esac`;
}

function toBash(places: readonly Place[]): string {
  return `# plumbline completion for bash: eval "$(plumbline completion bash)"
_plumbline() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" place='' known='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${toWalk(places)}
  done
  case "$place" in
${toCases(places)}
  esac
  COMPREPLY=($(compgen -W "$known" -- "$cur"))
}
complete -o default -F _plumbline plumbline
`;
}

function toZsh(places: readonly Place[]): string {
  return `#compdef plumbline
# plumbline completion for zsh: eval "$(plumbline completion zsh)"
_plumbline() {
  local place='' known='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
${toWalk(places)}
  done
  case "$place" in
${toCases(places)}
  esac
  compadd -- \${=known}
  _files
}
if [ "$funcstack[1]" = _plumbline ]; then _plumbline "$@"; else compdef _plumbline plumbline; fi
`;
}

const quoteFish = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

function toFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, values }) => {
    const at = `-n ${quoteFish(`__plumbline_at ${quoteFish(path)}`)}`;
    return [
      ...commands.map(({ word, description }) => `complete -c plumbline ${at} -a ${word} -d ${quoteFish(description)}`),
      ...(values.length === 0 ? [] : [`complete -c plumbline ${at} -a ${quoteFish(values.join(' '))}`]),
      ...options.map(({ word, description }) => `complete -c plumbline ${at} -l ${word.slice(2)} -d ${quoteFish(description)}`),
    ];
  });
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => quoteFish(path));
  return `# plumbline completion for fish: plumbline completion fish | source
function __plumbline_at
  set -l place ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$place $word")
    contains -- $next ${paths.join(' ')}; and set place $next
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** The completion script of a shell, made from the command tree. */
export function toCompletion(program: Command, shell: Shell): string {
  const places = listPlaces(program);
  switch (shell) {
    case 'bash':
      return toBash(places);
    case 'zsh':
      return toZsh(places);
    case 'fish':
      return toFish(places);
  }
  return shell satisfies never;
}

/** `plumbline completion`. */
export function addCompletion(program: Command, session: Session): void {
  const command = program
    .command('completion')
    .description('Print the completion script of a shell.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => session.write(toCompletion(program, shell)));
  addExample(command, 'eval "$(plumbline completion bash)"');
}
