import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Environment } from '../../wire/run.ts';
import { refuse } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';
import { readJsonDocument } from './json-document.ts';

const ADVICE = 'send one object with members of an environment: {"isa":"riscv64","kernel":"6.12.107",…}';
const SHAPE = Compile(Type.Partial(Environment));
/** A first member that only an environment has: other tools' objects may begin with `"cpu" : "0"`. */
const FIRST_MEMBER =
  /^\s*\{\s*(?:"(?:isa|hostname|board|boardRevision|os|kernel)"\s*:\s*"|"(?:cpu|toolchain|interconnect|firmware|clock|conditions)"\s*:\s*\{|"gpus"\s*:\s*\[|"emulated"\s*:\s*[tf])/;

function parse(text: string): EnvironmentFinding {
  const found = readJsonDocument(text, ADVICE);
  if (!SHAPE.Check(found)) {
    const [first] = SHAPE.Errors(found);
    refuse(
      `${first?.instancePath === '' || first === undefined ? 'the object' : first.instancePath} ${first?.message ?? 'has the wrong type'}; ${ADVICE}`,
    );
  }
  if (Object.keys(found).length === 0) refuse(`the object is empty; ${ADVICE}`);
  return { environment: found, warnings: [] };
}

/** Members of an environment as DESIGN.md section 4 spells them; unknown members are kept, known ones of another type are refused. */
export const jsonFormat: EnvironmentFormat = {
  id: 'json',
  summary: 'members of an environment as POST /v1/runs takes them, none required',
  detect: (head) => FIRST_MEMBER.test(head),
  parse,
};
