export { captureEnvironment, type Machine } from './capture.ts';
export { type ClockState, parseChronyTracking } from './parse-clock.ts';
export { type CpuFacts, type EmulationHints, parseCpuinfo, toCpuFacts, toEmulated, toIsa } from './parse-cpu.ts';
export { type GpuFacts, parseNvidiaSmi, parseOsRelease } from './parse-system.ts';
export { thisMachine } from './this-machine.ts';
