import { distinct, excerpt, readGroups, readLines, refuse, toFact, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

/** Old builds have a date after the version and two remarks: `gcc version 4.8.5 20150623 (Red Hat 4.8.5-44) (GCC)`. */
const VERSION = /^gcc version (\d\S*)(?: |$)/;
/** The remark of a build whose maker gave none. */
const NO_PACKAGE = 'GCC';

/**
 * `gcc -v` prints to stderr; its last line holds the version and the distributor's package. The package revision is kept: distributors patch
 * code generation without changing the version.
 */
function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  const versions = lines.flatMap((line) => {
    const version = VERSION.exec(line.text)?.[1];
    return version === undefined ? [] : [{ version, packageVersion: readGroups(line.text).find((remark) => remark !== NO_PACKAGE), line }];
  });
  const clang = lines.find((line) => /\bclang version \d/.test(line.text));
  const [first] = versions;
  if (first === undefined) {
    if (clang !== undefined) refuse('this is clang, not gcc; send it with format=clang-v', clang.number);
    refuse("there is no line 'gcc version …'; send all of stderr: LC_ALL=C gcc -v 2> gcc-v.txt");
  }
  const other = versions.find((one) => one.version !== first.version);
  if (other !== undefined) {
    refuse(`two compilers answered, ${first.version} and ${other.version}; send the output of the one that was used`, other.line.number);
  }
  const targets = distinct(lines.flatMap((line) => toFact(/^Target: (.*)$/.exec(line.text)?.[1]) ?? []));
  if (targets.length > 1) refuse(`two targets are named: ${targets.map(excerpt).join(' and ')}; send the output of one compiler`);
  const toolchain = withoutAbsent({
    name: 'gcc',
    version: first.version,
    package: toFact(first.packageVersion),
    target: targets[0],
  });
  return toFinding({ toolchain }, new WarningTally(), 'no compiler was found');
}

/** Versions and target of GCC as it reports itself. */
export const gccVFormat: EnvironmentFormat = {
  id: 'gcc-v',
  summary: 'gcc -v (stderr): version, package and target of the compiler',
  detect: (head) => /^(Using built-in specs\.|COLLECT_GCC=|Reading specs from )/m.test(head) || VERSION.test(head.trim()),
  parse,
};
