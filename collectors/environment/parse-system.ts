import { toFact } from '../../wire/facts.ts';

/** A graphics processor as an environment names it. */
export type GpuFacts = { readonly model?: string; readonly uuid?: string; readonly vbios?: string; readonly driver?: string };

/** What the parsers below need of nvidia-smi, in this order. */
export const NVIDIA_SMI_ARGUMENTS = ['--query-gpu=name,uuid,vbios_version,driver_version', '--format=csv,noheader'] as const;

/**
 * `id version` of /etc/os-release.
 * @example parseOsRelease('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n') // 'debian 12'
 */
export function parseOsRelease(text: string): string | undefined {
  const id = osReleaseMember(text, 'ID');
  const version = osReleaseMember(text, 'VERSION_ID');
  return id === undefined ? undefined : [id, version].filter((part) => part !== undefined).join(' ');
}

function osReleaseMember(text: string, name: string): string | undefined {
  const value = new RegExp(`^${name}=(?:"([^"]*)"|'([^']*)'|(.*))$`, 'm').exec(text);
  return toFact(value?.[1] ?? value?.[2] ?? value?.[3]);
}

/** The answer of `nvidia-smi` to NVIDIA_SMI_ARGUMENTS; fields it does not know (`[N/A]`) are left out. */
export function parseNvidiaSmi(text: string): readonly GpuFacts[] {
  return text
    .split('\n')
    .filter((line) => line.includes(','))
    .map((line) => {
      const [model, uuid, vbios, driver] = line.split(',').map(toFact);
      return {
        ...(model === undefined ? {} : { model }),
        ...(uuid === undefined ? {} : { uuid }),
        ...(vbios === undefined ? {} : { vbios }),
        ...(driver === undefined ? {} : { driver }),
      };
    });
}

/** Who virtualises this machine by `systemd-detect-virt --vm`: undefined for `none` and for no answer. */
export function parseDetectVirt(text: string): string | undefined {
  return toFact(text);
}

/** Who virtualises this machine by `lscpu`, lower case. */
export function parseLscpuHypervisor(text: string): string | undefined {
  return toFact(/^Hypervisor vendor:(.*)$/m.exec(text)?.[1])?.toLowerCase();
}
