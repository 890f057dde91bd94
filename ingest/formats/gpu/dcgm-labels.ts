/**
 * Labels of dcgm-exporter's samples, whose names drifted from version to version: which GPU or link a sample is about, what tells it from
 * others (MIG instance, pod), and what only describes it.
 */
export type DcgmLabels = {
  /** `gpu0`, `gpu0/link3`, `nvswitch2`, `cpu1`; undefined when the sample names no device. */
  readonly region: string | undefined;
  /** Part of the identity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  /** uuid and host name: two samples of one identity must agree on them. */
  readonly device: string;
  /** Region and labels in one text. */
  readonly identity: string;
};

type Role = readonly ['entity' | 'label' | 'attribute', name: string];

/** Printed name, lower case → what it is. Seen: exporter 1.4 to HEAD d5e5f51, also with --use-old-namespace. */
const ROLES: Readonly<Record<string, Role>> = {
  gpu: ['entity', 'gpu'],
  nvlink: ['entity', 'nvlink'],
  nvswitch: ['entity', 'nvswitch'],
  cpu: ['entity', 'cpu'],
  cpucore: ['entity', 'core'],
  uuid: ['attribute', 'uuid'],
  gpu_uuid: ['attribute', 'uuid'],
  device: ['attribute', 'device'],
  modelname: ['attribute', 'model'],
  model_name: ['attribute', 'model'],
  hostname: ['attribute', 'hostname'],
  pci_bus_id: ['attribute', 'pciBusId'],
  err_code: ['attribute', 'errorCode'],
  err_msg: ['attribute', 'errorMessage'],
  window_size_in_ms: ['attribute', 'windowMs'],
  // What Prometheus adds when it hands the page on.
  instance: ['attribute', 'instance'],
  job: ['attribute', 'job'],
  pod_uid: ['attribute', 'podUid'],
  gpu_i_profile: ['label', 'mig_profile'],
  gpu_i_id: ['label', 'mig_instance'],
  container: ['label', 'container'],
  container_name: ['label', 'container'],
  namespace: ['label', 'namespace'],
  pod_namespace: ['label', 'namespace'],
  pod: ['label', 'pod'],
  pod_name: ['label', 'pod'],
};

function roleOf(name: string): Role {
  const lower = name.toLowerCase();
  const role = Object.hasOwn(ROLES, lower) ? ROLES[lower] : undefined;
  if (role !== undefined) return role;
  // Fields of type label, such as DCGM_FI_DRIVER_VERSION, stand on every sample and describe the machine.
  return lower.startsWith('dcgm_fi_') ? ['attribute', name] : ['label', name];
}

/** @param pairs names and values in turn; empty values say nothing and are left out */
export function readDcgmLabels(pairs: readonly string[]): DcgmLabels {
  const entities: Record<string, string> = {};
  const labels: Record<string, string> = {};
  const attributes: Record<string, string> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const name = pairs[i];
    const value = pairs[i + 1];
    if (name === undefined || value === undefined || value === '') continue;
    const [kind, canonical] = roleOf(name);
    if (kind === 'entity') entities[canonical] = value;
    else if (kind === 'label') labels[canonical] = value;
    else attributes[canonical] = value;
  }
  const region = regionOf(entities);
  const identity = JSON.stringify([region ?? '', ...Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))]);
  return { region, labels, attributes, device: `${attributes['uuid'] ?? ''} ${attributes['hostname'] ?? ''}`, identity };
}

function regionOf(entities: Readonly<Record<string, string>>): string | undefined {
  const { gpu, nvlink, nvswitch, cpu, core } = entities;
  const link = nvlink === undefined ? '' : `/link${nvlink}`;
  if (gpu !== undefined) return `gpu${gpu}${link}`;
  if (nvswitch !== undefined) return `nvswitch${nvswitch}${link}`;
  if (cpu !== undefined) return core === undefined ? `cpu${cpu}` : `cpu${cpu}/core${core}`;
  return nvlink === undefined ? undefined : `link${nvlink}`;
}
