import { BCC } from './bcc.ts';
import { BPFTRACE } from './bpftrace.ts';
import { CLOCK } from './clock.ts';
import { CTF } from './ctf.ts';
import { DCGM } from './dcgm.ts';
import { EBPF_EXPORTER } from './ebpf-exporter.ts';
import { ENV } from './env.ts';
import { GBENCH } from './gbench.ts';
import { KINETO } from './kineto.ts';
import { LIKWID } from './likwid.ts';
import { NCU } from './ncu.ts';
import { NSYS } from './nsys.ts';
import { NVIDIA_SMI } from './nvidia-smi.ts';
import { OTLP } from './otlp.ts';
import { PAPI } from './papi.ts';
import { PERF } from './perf.ts';
import { RISCV } from './riscv.ts';
import type { SampleFolder } from './row.ts';
import { WCET } from './wcet.ts';

/** Every folder of the collection of real output. To add a file: a row in its folder's table, then UPDATE_GOLDEN=1, then read the row it became. */
export const EVERY_SAMPLE: Readonly<Record<string, SampleFolder>> = {
  bcc: BCC,
  bpftrace: BPFTRACE,
  clock: CLOCK,
  ctf: CTF,
  dcgm: DCGM,
  ebpf_exporter: EBPF_EXPORTER,
  env: ENV,
  gbench: GBENCH,
  kineto: KINETO,
  likwid: LIKWID,
  ncu: NCU,
  nsys: NSYS,
  'nvidia-smi': NVIDIA_SMI,
  otlp: OTLP,
  papi: PAPI,
  perf: PERF,
  riscv: RISCV,
  wcet: WCET,
};
