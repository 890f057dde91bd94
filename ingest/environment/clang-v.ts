import { distinct, excerpt, readLines, refuse, toFact, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

/** `Debian clang version 14.0.6`, `clang version 18.1.3 (https://… <commit>)`, `Apple clang version 15.0.0 (clang-1500.3.9.4)`. */
const VERSION = /^(?:(\S.*) )?clang version (\d\S*)(?: \((.*)\))?\s*$/m;

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  const found = lines.flatMap((line) => {
    const parts = VERSION.exec(line.text);
    return parts === null ? [] : [{ vendor: toFact(parts[1]), version: parts[2], build: toFact(parts[3]), line }];
  });
  const [first] = found;
  if (first?.version === undefined) {
    refuse("there is no line 'clang version …'; send all of the output: LC_ALL=C clang -v 2> clang-v.txt");
  }
  const other = found.find((one) => one.version !== first.version);
  if (other !== undefined) {
    refuse(`two compilers answered, ${first.version} and ${other.version}; send the output of the one that was used`, other.line.number);
  }
  const targets = distinct(lines.flatMap((line) => toFact(/^Target: (.*)$/.exec(line.text)?.[1]) ?? []));
  if (targets.length > 1) refuse(`two targets are named: ${targets.map(excerpt).join(' and ')}; send the output of one compiler`);
  const toolchain = withoutAbsent({
    name: 'clang',
    version: first.version,
    vendor: first.vendor,
    build: first.build,
    target: targets[0],
  });
  return toFinding({ toolchain }, new WarningTally(), 'no compiler was found');
}

/** Version, vendor and target of Clang as it reports itself. */
export const clangVFormat: EnvironmentFormat = {
  id: 'clang-v',
  summary: 'clang -v (stderr) or clang --version: version, vendor and target of the compiler',
  detect: (head) => VERSION.test(head) && !/String dump of section/.test(head),
  parse,
};
