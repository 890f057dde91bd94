/**
 * Which activities of a Kineto trace are measurements, and as what they land. Names of categories: libkineto's ActivityType.cpp (2020 to 2026) and
 * tb_plugin's event classes for the older ones; seen in real traces: A100, V100, MI250.
 */
export type Activity = {
  /** The label `activity`: the same whatever the version calls the category. */
  readonly name: string;
  /** Whether it runs on a device, which then is part of the series. */
  readonly onDevice: boolean;
  /** Series at most: names of operators and annotations may hold counters, and must not take the place of kernels. They add up to the limit. */
  readonly share: number;
};

const KERNEL: Activity = { name: 'kernel', onDevice: true, share: 6000 };
const MEMCPY: Activity = { name: 'gpu_memcpy', onDevice: true, share: 600 };
const MEMSET: Activity = { name: 'gpu_memset', onDevice: true, share: 300 };
const RUNTIME: Activity = { name: 'cuda_runtime', onDevice: false, share: 1000 };
const DRIVER: Activity = { name: 'cuda_driver', onDevice: false, share: 1000 };
const OPERATOR: Activity = { name: 'cpu_op', onDevice: false, share: 5000 };
const ANNOTATION: Activity = { name: 'user_annotation', onDevice: false, share: 2000 };
const DEVICE_ANNOTATION: Activity = { name: 'gpu_user_annotation', onDevice: true, share: 2000 };
const SYNCHRONISATION: Activity = { name: 'cuda_sync', onDevice: true, share: 100 };
/** Its args hold counters; its times are spread evenly over the window by Kineto itself and measure nothing. */
export const PROFILER_RANGE: Activity = { name: 'cuda_profiler_range', onDevice: true, share: 2000 };

/** Category, lower case → activity. */
const ACTIVITIES: ReadonlyMap<string, Activity> = new Map([
  ['kernel', KERNEL],
  ['gpu_memcpy', MEMCPY],
  ['memcpy', MEMCPY],
  ['gpu_memset', MEMSET],
  ['memset', MEMSET],
  ['cuda_runtime', RUNTIME],
  ['runtime', RUNTIME],
  ['cuda_driver', DRIVER],
  ['cpu_op', OPERATOR],
  ['operator', OPERATOR],
  ['user_annotation', ANNOTATION],
  ['gpu_user_annotation', DEVICE_ANNOTATION],
  ['cuda_sync', SYNCHRONISATION],
  ['cuda_profiler_range', PROFILER_RANGE],
]);

/** Undefined for a category that is not read. */
export function findActivity(category: string): Activity | undefined {
  return ACTIVITIES.get(category) ?? ACTIVITIES.get(category.toLowerCase());
}

/** The window that was recorded: a span of the profiler, not of the program. */
export function isWindow(category: string): boolean {
  return category === 'Trace';
}

const PROFILER_STEP = /^ProfilerStep#\d+$/;

/** Steps of the training loop are instances of one region. @example regionNameOf('ProfilerStep#17') // 'ProfilerStep' */
export function regionNameOf(name: string): string {
  if (PROFILER_STEP.test(name)) return 'ProfilerStep';
  return name.trim() === '' ? '<unnamed>' : name;
}
