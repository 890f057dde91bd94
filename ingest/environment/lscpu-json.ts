import { refuse, toFact, toFinding, toIsa, WarningTally, withoutAbsent, withoutEmpty } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';
import { type PlainValue, readJsonDocument } from './json-document.ts';

const ADVICE = 'send all of the output of: LC_ALL=C lscpu -J';

/** Names without their colon and their values; newer versions nest rows as `children`. */
function collectFields(rows: PlainValue | undefined, fields: Map<string, string>): void {
  if (!Array.isArray(rows)) return;
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue;
    const { field, data, children } = { field: undefined, data: undefined, children: undefined, ...row };
    if (typeof field === 'string' && typeof data === 'string') fields.set(field.replace(/:$/, ''), data);
    collectFields(children, fields);
  }
}

/** Members of a list such as `0,2-5`; undefined when the text is none. */
function countList(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*$/.test(text)) return undefined;
  let count = 0;
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-');
    if (Number(last) < Number(first)) return undefined;
    count += Number(last) - Number(first) + 1;
  }
  return count;
}

/** As collectors/environment decides it: on x86 a processor without the flag is real, one under a hardware hypervisor too. */
function toEmulated(isa: string, fields: ReadonlyMap<string, string>, hypervisor: string | undefined): boolean | undefined {
  if (fields.get('Model name')?.includes('QEMU TCG') === true) return true;
  const flags = fields.get('Flags')?.split(/\s+/);
  if (isa !== 'x86_64' || flags === undefined) return undefined;
  if (!flags.includes('hypervisor')) return false;
  return hypervisor !== undefined && ['kvm', 'microsoft', 'vmware', 'xen', 'amazon', 'bhyve', 'oracle'].includes(hypervisor)
    ? false
    : undefined;
}

function parse(text: string): EnvironmentFinding {
  const document = readJsonDocument(text, ADVICE);
  const fields = new Map<string, string>();
  collectFields(document['lscpu'], fields);
  const architecture = toFact(fields.get('Architecture'));
  if (architecture === undefined) refuse(`there is no field 'Architecture'; ${ADVICE}`);
  const isa = toIsa(architecture);
  const hypervisor = toFact(fields.get('Hypervisor vendor'))?.toLowerCase();
  const boost = fields.get('Frequency boost');
  const model = toFact(fields.get('Model name'));
  // For Arm lscpu looks the name up in a table of its own; /proc/cpuinfo gives the numbers, which are what collectors send.
  const isArm = isa === 'aarch64' || isa.startsWith('arm');
  const cores = countList(fields.get('On-line CPU(s) list')) ?? countList(`1-${fields.get('CPU(s)') ?? ''}`);
  return toFinding(
    withoutAbsent({
      isa,
      cpu: withoutEmpty(withoutAbsent({ model: isArm ? undefined : model, cores })),
      emulated: toEmulated(isa, fields, hypervisor),
      conditions: withoutEmpty(withoutAbsent({ hypervisor, turbo: boost === 'enabled' ? 'on' : boost === 'disabled' ? 'off' : undefined })),
    }),
    new WarningTally(),
    'no processor was found',
    isArm && model !== undefined ? { cpu: { model } } : undefined,
  );
}

/** Architecture, processor and hypervisor as lscpu sees them. */
export const lscpuJsonFormat: EnvironmentFormat = {
  id: 'lscpu-json',
  summary: 'lscpu -J: instruction set, model, number of processors on line, hypervisor',
  detect: (head) => /^\s*\{\s*"lscpu"\s*:/.test(head),
  parse,
};
