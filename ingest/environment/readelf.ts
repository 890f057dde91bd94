import {
  distinct,
  excerpt,
  joinVersions,
  type Line,
  readLines,
  refuse,
  toFact,
  toFinding,
  WarningTally,
  withoutAbsent,
  withoutEmpty,
} from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

type Compiler = { readonly name: string; readonly version: string; readonly package?: string; readonly vendor?: string };

const DUMP = /^String dump of section '([^']*)':/;
const STRING = /^\s+\[\s*[0-9a-f]+\]\s{2}(.*)$/;
const GNU_COMMAND = /^GNU \S+ (\d\S*) (.+)$/;
const NOT_DUMPED = /^readelf: (?:Warning|Error): (.*)$/;
const HEADS = /^(?:String dump of section '|Attribute Section: |Displaying notes found |readelf: (?:Warning|Error): )/m;

/** A string of .comment as a compiler; undefined for linkers and what else writes there. */
function toCompiler(text: string): Compiler | undefined {
  const gcc = /^GCC: \((.*)\) (\d\S*)(?: \d{8})?(?: \(.*\))?$/.exec(text);
  if (gcc !== null) return withoutAbsent({ name: 'gcc', version: gcc[2] ?? '', package: gcc[1] === 'GNU' ? undefined : toFact(gcc[1]) });
  const clang = /^(?:(\S.*) )?clang version (\d\S*)/.exec(text);
  if (clang !== null) return withoutAbsent({ name: 'clang', version: clang[2] ?? '', vendor: toFact(clang[1]) });
  const rustc = /^rustc version (\d\S*)/.exec(text);
  return rustc === null ? undefined : { name: 'rustc', version: rustc[1] ?? '' };
}

/**
 * The compiler of the binary by its .comment. The start files of libc leave GCC's string in whatever is linked with them, so another compiler
 * beside GCC is the one; of several versions of one compiler none is taken.
 */
function chooseCompiler(strings: readonly Line[], warnings: WarningTally): Compiler | undefined {
  const found = strings.flatMap((line) => toCompiler(line.text) ?? []);
  const wordings = new Map(found.map((compiler) => [JSON.stringify(compiler), compiler]));
  const others = [...wordings.values()].filter(({ name }) => name !== 'gcc');
  const candidates = others.length > 0 ? others : [...wordings.values()];
  const [first, second] = candidates;
  if (second !== undefined) {
    const names = joinVersions(candidates.map(({ name, version }) => `${name} ${version}`));
    warnings.add(
      'compiler_ambiguous',
      `.comment names several compilers (${names}), so none was taken; send what the compiler says with -v`,
      strings[0]?.number ?? null,
    );
    return undefined;
  }
  if (first !== undefined && others.length > 0 && wordings.size > 1) {
    warnings.add(
      'compiler_of_start_files',
      `GCC in .comment is taken as that of libc's start files; the compiler is ${first.name} ${first.version}`,
      strings[0]?.number ?? null,
    );
  }
  return first;
}

/** Switches by -frecord-gcc-switches, when every unit was compiled with the same. */
function readSwitches(strings: readonly Line[], warnings: WarningTally): { flags?: string; compiler?: Compiler } {
  const commands = strings.map((line) => ({ parts: GNU_COMMAND.exec(line.text), line }));
  const strange = commands.find(({ parts }) => parts === null);
  if (strange !== undefined) {
    warnings.add(
      'switches_unknown',
      `.GCC.command.line is not GCC's wording: ${excerpt(strange.line.text)}; no flags were taken`,
      strange.line.number,
    );
    return {};
  }
  const flags = distinct(commands.map(({ parts }) => parts?.[2]?.trim() ?? ''));
  const versions = distinct(commands.map(({ parts }) => parts?.[1] ?? ''));
  if (flags.length > 1)
    warnings.add(
      'switches_differ',
      `the units were compiled with ${flags.length} different sets of switches; no flags were taken`,
      strings[0]?.number ?? null,
    );
  const [only, ...moreFlags] = flags;
  const [version, ...moreVersions] = versions;
  return {
    ...(only === undefined || moreFlags.length > 0 ? {} : { flags: only }),
    ...(version === undefined || moreVersions.length > 0 ? {} : { compiler: { name: 'gcc', version } }),
  };
}

/** The one value of a line that a pattern finds in the text; two different ones are none. */
function readOne(lines: readonly Line[], pattern: RegExp, what: string, warnings: WarningTally): string | undefined {
  const values = distinct(lines.flatMap((line) => toFact(pattern.exec(line.text)?.[1]) ?? []));
  if (values.length > 1)
    warnings.add('binaries_differ', `${what} differs between binaries (${values.map(excerpt).join(', ')}) and was left out`, null);
  return values.length === 1 ? values[0] : undefined;
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  if (!lines.some((line) => HEADS.test(line.text))) {
    refuse('this is not what readelf prints; send readelf -p .comment, -p .GCC.command.line, -A or -n of the binary');
  }
  const warnings = new WarningTally();
  const strings = new Map<string, Line[]>([
    ['.comment', []],
    ['.GCC.command.line', []],
  ]);
  let section: Line[] | undefined;
  for (const line of lines) {
    const name = DUMP.exec(line.text)?.[1];
    if (name !== undefined) section = strings.get(name);
    else if (HEADS.test(line.text)) section = undefined;
    const string = STRING.exec(line.text)?.[1];
    if (string !== undefined) section?.push({ text: string.trim(), number: line.number });
    const complaint = NOT_DUMPED.exec(line.text)?.[1];
    if (complaint !== undefined) warnings.add('readelf_says', complaint.trim(), line.number);
  }
  const { flags, compiler } = readSwitches(strings.get('.GCC.command.line') ?? [], warnings);
  const toolchain = withoutEmpty(
    withoutAbsent({
      ...(chooseCompiler(strings.get('.comment') ?? [], warnings) ?? compiler),
      flags,
      arch: readOne(lines, /^\s*Tag_RISCV_arch: "(.*)"\s*$/, 'the RISC-V architecture', warnings),
      isaNeeded: readOne(lines, /x86 ISA needed: (.*)$/, 'the x86 ISA that is needed', warnings),
    }),
  );
  if (lines.some((line) => /^\s*Build ID: /.test(line.text))) {
    warnings.add(
      'build_id',
      'the build id tells builds of the subject apart and is no part of an environment; send it as subject.digest',
      null,
    );
  }
  const said = lines.find((line) => NOT_DUMPED.test(line.text));
  const nothing = said === undefined ? 'no compiler, switches or architecture were found' : `readelf found nothing: ${said.text.trim()}`;
  return toFinding(withoutAbsent({ toolchain }), warnings, `${nothing}; send the compiler's own words instead (format=gcc-v, clang-v)`);
}

/** What a binary says about the compiler that made it. */
export const readelfFormat: EnvironmentFormat = {
  id: 'readelf',
  summary: 'readelf -p .comment, -p .GCC.command.line, -A, -n of a binary: its compiler, switches and instruction set',
  detect: (head) => HEADS.test(head),
  parse,
};
