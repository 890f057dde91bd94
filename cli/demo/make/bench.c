/*
 * The demo's program under test: four offload-like regions, two control tasks, one stream, all fixed work.
 *
 *   bench --seed N --latency FILE --throughput FILE --wcet FILE --interference FILE [--slow-copy PERMILLE] [--slow-pid PERMILLE]
 *
 * Every repetition does the same multiset of requests in an order drawn from the seed, out of one arena that is mapped and touched at
 * the start, so that work, page faults and sleeps are equal by construction and only the machine differs. It runs SCHED_FIFO and sleeps
 * between rounds: other load on the core gets its turn in the sleeps and not inside a timed block. Each timed block follows an untimed
 * one of the same operation, because a sleep leaves the first-level cache to somebody else.
 *
 * This machine is a virtual one whose host takes the core away about 1000 times a second for 10 to 60 microseconds, and whose physical
 * cores have other users. So a latency or throughput value is the median of REPLAYS timings of one request, an activation of a control
 * task the minimum of CONTROL_REPLAYS timings of the same step from the same restored state, and a timing counts only when a probe of
 * other code right before and right after it says that the core was calm (whatever the timing was): the host's stalls belong neither to
 * the request nor to the task. What a request or a step costs more by its own (size, path, input, slow path) is in every replay.
 *
 * --slow-copy: this share of the copies replays three quarters of its chunks (what a link replay does to a transfer).
 * --slow-pid:  this share of the control steps runs the observer 48 rounds longer (what a re-read sensor does).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
  REQUESTS = 800,        /* samples per region and repetition */
  ACTIVATIONS = 1600,    /* activations per control task and repetition */
  TRACED_CALLS = 1000,   /* calls per uprobed function and repetition */
  HANDOFFS = 1200,       /* wake-ups of the completion thread per repetition: the run-queue latencies that bpftrace sees */
  REPLAYS = 5,           /* timings per request or activation, see above */
  STREAM_VALUES = 64,    /* throughput values per repetition */
  ARENA_BYTES = 32 << 20,
  ROUND_SLEEP_NS = 400000,
  BUFFER_WORDS = 1024,   /* 8 KiB: two of them stay in a 32 KiB first-level cache */
  MATRIX = 24,
  CONTROL_REPLAYS = 15,
  TRIES = 100,           /* at a calm moment before the thread sleeps for CALM_SLEEP_NS and tries again, CALM_SLEEPS times at most */
  CALM_SLEEPS = 100,
  CALM_SLEEP_NS = 2000000,
  PROBES = 800,          /* half of them in the latency phase, half in the WCET phase */
  STATES = 8,
};

static uint8_t *arena;
static size_t arenaUsed;
static volatile uint64_t sink;
static uint64_t randomState;

static void *fromArena(size_t bytes) {
  void *at = arena + arenaUsed;
  arenaUsed += ((bytes + 63) & ~(size_t)63) + 832; /* not page by page: loads that trail stores by 4 KiB multiples stall on them */
  if (arenaUsed > ARENA_BYTES) { fprintf(stderr, "bench: arena too small\n"); exit(3); }
  return at;
}

static uint64_t nextRandom(void) { /* splitmix64 */
  uint64_t z = (randomState += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static uint64_t clockNs(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void sleepNs(long ns) {
  struct timespec t = {0, ns};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {}
}

/* ---- the four operations; `work` is a request size, about 1000 ---- */
static uint64_t *source, *target;
static double *matrixA, *matrixB, *matrixC;
static uint32_t crcTable[256];

static __attribute__((noinline)) uint64_t submitWork(unsigned work) {
  uint64_t hash = work; /* descriptor words hashed one after the other: pure latency of multiply and rotate */
  for (unsigned i = 0; i < work * 12; i++) {
    hash ^= source[i & 63];
    hash *= 0x100000001b3ull;
    hash = (hash << 13) | (hash >> 51);
  }
  return hash;
}

static __attribute__((noinline)) uint64_t copyWork(unsigned work) {
  uint64_t carry = 1; /* the carry keeps the loop scalar: the copy's speed then does not hang on buffer alignment */
  for (unsigned chunk = 0; chunk < work / 4; chunk++) {
    const unsigned base = (chunk & 7) * 128;
    for (unsigned i = 0; i < 128; i++) {
      carry = (carry << 1) ^ source[base + i];
      target[base + i] = carry;
    }
  }
  return carry;
}

static __attribute__((noinline)) uint64_t kernelWork(unsigned work) {
  double cell = 0; /* one chain of multiply and add: its time is latency, which a neighbour on the physical core cannot take away */
  for (unsigned row = 0; row < work / 4; row++) {
    const double *left = matrixA + (row % MATRIX) * MATRIX;
    for (unsigned k = 0; k < MATRIX; k++) cell = cell * 0.5 + left[k];
    matrixC[row % (MATRIX * MATRIX)] = cell;
  }
  return (uint64_t)cell;
}

/*
 * Two probes say how disturbed a repetition was, blind to what is measured; capture.sh keeps or drops a whole repetition by them.
 * The neighbour probe is many independent multiplications, the first thing that slows down when somebody else uses the physical core.
 * The clock probe is one chain of multiplications, the fastest of three: it moves with the core's clock and with nothing else.
 */
static unsigned probeCount;
static uint64_t *neighbourNs, *clockProbeNs, fastestNeighbourNs = UINT64_MAX;

static __attribute__((noinline)) uint64_t timeNeighbourProbe(void) {
  double cells[8] = {0};
  const uint64_t begin = clockNs(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < MATRIX * MATRIX; i++)
    for (unsigned k = 0; k < 8; k++) cells[k] += matrixA[(i + 8 * k) % 512] * matrixB[(i * 8 + k) % 512];
  const uint64_t elapsed = clockNs(CLOCK_MONOTONIC) - begin;
  sink += (uint64_t)cells[3];
  if (elapsed < fastestNeighbourNs) fastestNeighbourNs = elapsed;
  return elapsed;
}

static int isDisturbed(uint64_t neighbourProbeNs) { return neighbourProbeNs * 4 > fastestNeighbourNs * 5; /* over 1.25 x the fastest */ }

static unsigned exhausted; /* calm moments that did not come: one is enough for capture.sh to drop the repetition */

static void awaitCalm(void) {
  for (unsigned sleeps = 0; sleeps < CALM_SLEEPS; sleeps++) {
    for (unsigned i = 0; i < TRIES; i++)
      if (!isDisturbed(timeNeighbourProbe())) return;
    sleepNs(CALM_SLEEP_NS);
  }
  exhausted++;
}

static void probe(void) {
  neighbourNs[probeCount] = timeNeighbourProbe();
  clockProbeNs[probeCount] = UINT64_MAX;
  for (unsigned replay = 0; replay < 3; replay++) {
    uint64_t product = probeCount | 1;
    const uint64_t begin = clockNs(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < 2000; i++) {
      product *= 0x9e3779b97f4a7c15ull;
      __asm__ volatile("" : "+r"(product)); /* keep the compiler from folding the chain */
    }
    const uint64_t elapsed = clockNs(CLOCK_MONOTONIC) - begin;
    sink += product;
    if (elapsed < clockProbeNs[probeCount]) clockProbeNs[probeCount] = elapsed;
  }
  probeCount++;
}

static __attribute__((noinline)) uint64_t checksumWork(unsigned work) {
  uint32_t crc = ~0u;
  const uint8_t *bytes = (const uint8_t *)source;
  for (unsigned i = 0; i < work * 12; i++) crc = (crc >> 8) ^ crcTable[(crc ^ bytes[i & 8191]) & 255];
  return crc;
}

/* The functions that the uprobes sit on; the timed loops do not call them, so tracing costs the samples nothing. */
__attribute__((noinline)) void traced_offload_submit(unsigned work) { sink += submitWork(work); }
__attribute__((noinline)) void traced_host_checksum(unsigned work) { sink += checksumWork(work); }

/* ---- request mix ---- */
static unsigned *shuffle(unsigned *mix, unsigned count) {
  for (unsigned i = count - 1; i > 0; i--) {
    const unsigned j = (unsigned)(nextRandom() % (i + 1));
    const unsigned swap = mix[i];
    mix[i] = mix[j];
    mix[j] = swap;
  }
  return mix;
}

static unsigned *narrowMix(unsigned count) { /* mid-quantiles of 1000 x (1 + exponential(mean 0.04)), shuffled */
  unsigned *mix = fromArena(count * sizeof *mix);
  for (unsigned i = 0; i < count; i++) mix[i] = (unsigned)lround(1000.0 * (1.0 - 0.04 * log(1.0 - (i + 0.5) / count)));
  return shuffle(mix, count);
}

static unsigned *broadMix(unsigned count) { /* mid-quantiles of a logistic in ln(size): spread over many powers of two, for log2 buckets */
  unsigned *mix = fromArena(count * sizeof *mix);
  for (unsigned i = 0; i < count; i++) {
    const double share = (i + 0.5) / count;
    mix[i] = (unsigned)lround(2100.0 * exp(0.4 * log(share / (1.0 - share))));
  }
  return shuffle(mix, count);
}

static unsigned copySize(unsigned work, unsigned slowPermille) {
  return nextRandom() % 1000 < slowPermille ? work + 750 : work;
}

/* ---- the control tasks ---- */
struct Observer { double state[6], gain[6]; };
static struct Observer *observer;
static double *covariance, *transition;

static void observe(struct Observer *o, double measured, unsigned rounds) {
  double carry = 0.01 * measured; /* one chain through all states, for the reason given at kernelWork */
  for (unsigned round = 0; round < rounds; round++)
    for (unsigned i = 0; i < 6; i++) {
      carry = o->gain[i] * carry + 0.01 * measured;
      o->state[i] = carry;
    }
}

struct Controller { double integral, previousError; };
static struct Controller controller;

static __attribute__((noinline)) const char *pidStep(double setpoint, double measured, unsigned rounds) {
  const double error = setpoint - measured;
  observe(observer, measured, rounds);
  controller.integral += 0.001 * error;
  const double out =
      1.2 * error + 0.4 * controller.integral + 0.02 * (error - controller.previousError) + 1e-9 * observer->state[0];
  controller.previousError = error;
  if (out > 1.0 || out < -1.0) { /* saturated: the anti-windup branch runs the observer a little longer */
    controller.integral *= 0.98;
    observe(observer, out > 0 ? 1.0 : -1.0, 2);
    return "saturated";
  }
  sink += (uint64_t)(fabs(out) * 1000);
  return "linear";
}

/* The time update of a filter, row by row: as many rows as inputs changed. */
static __attribute__((noinline)) const char *matrixUpdate(unsigned rows) {
  double sum = 0;
  for (unsigned row = 0; row < rows; row++) {
    const double *line = transition + (row % STATES) * STATES;
    for (unsigned j = 0; j < STATES; j++) {
      double cell = 1e-3 * sum; /* each cell waits for the one before: the time is the chain's, not the cache's */
      for (unsigned k = 0; k < STATES; k++) cell += line[k] * covariance[k * STATES + j];
      sum = cell;
    }
  }
  sink += (uint64_t)sum;
  return rows > 144 ? "dense" : "sparse";
}

/* ---- phases ---- */
static const char *const REGIONS[4] = {"offload/submit", "offload/copy", "offload/kernel", "host/checksum"};
static uint64_t *latencyNs[4];

static void runOperation(unsigned region, unsigned work) {
  switch (region) {
    case 0: sink += submitWork(work); break;
    case 1: sink += copyWork(work); break;
    case 2: sink += kernelWork(work); break;
    default: sink += checksumWork(work); break;
  }
}

static uint64_t medianOf(uint64_t *timings) {
  for (unsigned i = 1; i < REPLAYS; i++)
    for (unsigned j = i; j > 0 && timings[j - 1] > timings[j]; j--) {
      const uint64_t swap = timings[j];
      timings[j] = timings[j - 1];
      timings[j - 1] = swap;
    }
  return timings[REPLAYS / 2];
}

static uint64_t timeRequest(unsigned region, unsigned work) {
  uint64_t timings[REPLAYS];
  awaitCalm();
  runOperation(region, 1000);
  for (unsigned kept = 0; kept < REPLAYS;) {
    awaitCalm();
    const uint64_t begin = clockNs(CLOCK_MONOTONIC);
    runOperation(region, work);
    timings[kept] = clockNs(CLOCK_MONOTONIC) - begin;
    kept += !isDisturbed(timeNeighbourProbe()); /* a timing counts only between two calm probes */
  }
  return medianOf(timings);
}

static double *bytesPerS; /* the stream: one transfer of twice the usual size every twelve rounds */

static void latencyPhase(unsigned slowCopyPermille) {
  unsigned *mix[4];
  for (unsigned region = 0; region < 4; region++) mix[region] = narrowMix(REQUESTS);
  for (unsigned i = 0; i < REQUESTS; i++) {
    sleepNs(ROUND_SLEEP_NS);
    if (i % 2 == 0) probe();
    if (i % 12 == 0 && i / 12 < STREAM_VALUES) bytesPerS[i / 12] = 2000.0 / 4 * 128 * 8 / ((double)timeRequest(1, 2000) * 1e-9);
    for (unsigned region = 0; region < 4; region++)
      latencyNs[region][i] = timeRequest(region, region == 1 ? copySize(mix[1][i], slowCopyPermille) : mix[region][i]);
  }
}

static void tracedPhase(void) {
  unsigned *submitMix = broadMix(TRACED_CALLS), *checksumMix = broadMix(TRACED_CALLS);
  for (unsigned i = 0; i < TRACED_CALLS; i++) {
    sleepNs(ROUND_SLEEP_NS);
    runOperation(0, 1000);
    awaitCalm();
    traced_offload_submit(submitMix[i]);
    runOperation(3, 1000);
    awaitCalm();
    traced_host_checksum(checksumMix[i]);
  }
}

/* A submitter wakes its completion thread on the same core and works on before it waits: the thread stays on the run queue that long. */
static int requestEvent, replyEvent;
static void *completionThread(void *unused) {
  prctl(PR_SET_NAME, "completion");
  for (unsigned i = 0; i < HANDOFFS; i++) {
    eventfd_t value;
    if (eventfd_read(requestEvent, &value) != 0 || eventfd_write(replyEvent, 1) != 0) exit(3);
  }
  return unused;
}

static void handoffPhase(void) {
  unsigned *mix = broadMix(HANDOFFS);
  pthread_t thread;
  requestEvent = eventfd(0, 0);
  replyEvent = eventfd(0, 0);
  if (pthread_create(&thread, NULL, completionThread, NULL) != 0) exit(3); /* inherits SCHED_FIFO and the core */
  for (unsigned i = 0; i < HANDOFFS; i++) {
    eventfd_t value;
    sleepNs(ROUND_SLEEP_NS / 4);
    awaitCalm();
    if (eventfd_write(requestEvent, 1) != 0) exit(3);
    runOperation(0, mix[i]);
    if (eventfd_read(replyEvent, &value) != 0) exit(3);
  }
  pthread_join(thread, NULL);
}

struct Activation { const char *task, *path, *input; uint64_t ns; };
static struct Activation *activations;

static uint64_t leastOf(const uint64_t *timings, unsigned count) {
  uint64_t least = UINT64_MAX;
  for (unsigned i = 0; i < count; i++) least = timings[i] < least ? timings[i] : least;
  return least;
}

static void activatePid(struct Activation *activation, unsigned slowPidPermille) {
  const int step = nextRandom() % 4 == 0; /* one activation in four gets a setpoint step that saturates the output */
  const double setpoint = step ? 2.0 + (double)(nextRandom() % 100) / 100 : 0.1 * (double)(nextRandom() % 100) / 100;
  const unsigned rounds = 300 + (unsigned)(nextRandom() % 4) + (nextRandom() % 1000 < slowPidPermille ? 48 : 0);
  const struct Controller controllerBefore = controller;
  const struct Observer observerBefore = *observer;
  uint64_t timings[CONTROL_REPLAYS];
  const char *path = "";
  for (unsigned kept = 0; kept < CONTROL_REPLAYS;) {
    controller = controllerBefore;
    *observer = observerBefore;
    awaitCalm();
    const uint64_t begin = clockNs(CLOCK_MONOTONIC);
    path = pidStep(setpoint, 0.05, rounds);
    timings[kept] = clockNs(CLOCK_MONOTONIC) - begin;
    kept += !isDisturbed(timeNeighbourProbe());
  }
  *activation = (struct Activation){"pid_cascade", path, step ? "step" : "track", leastOf(timings, CONTROL_REPLAYS)};
}

static void activateMatrix(struct Activation *activation) {
  const unsigned rows = 128 + 2 * (unsigned)__builtin_popcountll(nextRandom() & 0xffff); /* binomial: 16 inputs, each changed or not */
  uint64_t timings[CONTROL_REPLAYS];
  const char *path = "";
  for (unsigned kept = 0; kept < CONTROL_REPLAYS;) {
    awaitCalm();
    const uint64_t begin = clockNs(CLOCK_MONOTONIC);
    path = matrixUpdate(rows);
    timings[kept] = clockNs(CLOCK_MONOTONIC) - begin;
    kept += !isDisturbed(timeNeighbourProbe());
  }
  *activation = (struct Activation){"matrix_update", path, "changed-rows", leastOf(timings, CONTROL_REPLAYS)};
}

static void wcetPhase(unsigned slowPidPermille) {
  for (unsigned i = 0; i < ACTIVATIONS; i++) {
    sleepNs(ROUND_SLEEP_NS);
    if (i % 4 == 0) probe();
    observe(observer, 0.05, 500);
    activatePid(&activations[2 * i], slowPidPermille);
    activateMatrix(&activations[2 * i + 1]);
  }
}

/* ---- output ---- */
static char outputBuffer[1 << 16];
static FILE *create(const char *path) {
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) { fprintf(stderr, "bench: cannot write %s\n", path ? path : "(no file named)"); exit(3); }
  setvbuf(file, outputBuffer, _IOFBF, sizeof outputBuffer); /* no allocation that differs between repetitions */
  return file;
}

static int ascending(const void *a, const void *b) {
  const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

static void writeOutputs(const char *latency, const char *throughput, const char *wcet, const char *interference) {
  FILE *file = create(latency);
  fprintf(file, "region,metric,unit,value\n");
  for (unsigned region = 0; region < 4; region++)
    for (unsigned i = 0; i < REQUESTS; i++) fprintf(file, "%s,latency,ns,%llu\n", REGIONS[region], (unsigned long long)latencyNs[region][i]);
  fclose(file);

  file = create(throughput);
  fprintf(file, "{\"region\":\"offload/stream\",\"metric\":\"bandwidth\",\"unit\":\"By/s\",\"better\":\"higher\",\"values\":[");
  for (unsigned i = 0; i < STREAM_VALUES; i++) fprintf(file, "%s%.0f", i ? "," : "", bytesPerS[i]);
  fprintf(file, "]}\n");
  fclose(file);

  file = create(wcet);
  fprintf(file, "task,path,input,ns\n");
  for (unsigned i = 0; i < 2 * ACTIVATIONS; i++)
    fprintf(file, "%s,%s,%s,%llu\n", activations[i].task, activations[i].path, activations[i].input, (unsigned long long)activations[i].ns);
  fclose(file);

  /* What the rule of capture.sh reads: time on the run queue without a CPU, and switches that were not asked for. */
  unsigned long long onCpuNs = 0, runDelayNs = 0, slices = 0;
  FILE *schedstat = fopen("/proc/self/schedstat", "r");
  if (schedstat) {
    if (fscanf(schedstat, "%llu %llu %llu", &onCpuNs, &runDelayNs, &slices) != 3) onCpuNs = 0;
    fclose(schedstat);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  unsigned disturbed[2] = {0, 0};
  for (unsigned i = 0; i < PROBES; i++) disturbed[2 * i / PROBES] += isDisturbed(neighbourNs[i]);
  qsort(clockProbeNs, PROBES, sizeof *clockProbeNs, ascending);
  file = create(interference);
  fprintf(file, "{\"onCpuNs\":%llu,\"runDelayNs\":%llu,\"voluntarySwitches\":%ld,\"involuntarySwitches\":%ld,"
          "\"neighbourProbes\":%d,\"disturbedInLatencyPhase\":%u,\"disturbedInWcetPhase\":%u,\"exhaustedTimings\":%u,"
          "\"clockProbeP10Ns\":%llu,\"clockProbeP50Ns\":%llu,\"clockProbeP90Ns\":%llu}\n", onCpuNs, runDelayNs,
          usage.ru_nvcsw, usage.ru_nivcsw, PROBES, disturbed[0], disturbed[1], exhausted, (unsigned long long)clockProbeNs[PROBES / 10],
          (unsigned long long)clockProbeNs[PROBES / 2], (unsigned long long)clockProbeNs[9 * PROBES / 10]);
  fclose(file);
}

static void prepare(void) {
  arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (arena == MAP_FAILED) { perror("bench: mmap"); exit(3); }
  madvise(arena, ARENA_BYTES, MADV_NOHUGEPAGE); /* 4 KiB pages always: the number of faults is then a constant */
  for (size_t at = 0; at < ARENA_BYTES; at += 4096) arena[at] = 1;
  source = fromArena(BUFFER_WORDS * sizeof *source);
  target = fromArena(BUFFER_WORDS * sizeof *target);
  matrixA = fromArena(MATRIX * MATRIX * sizeof *matrixA);
  matrixB = fromArena(MATRIX * MATRIX * sizeof *matrixB);
  matrixC = fromArena(MATRIX * MATRIX * sizeof *matrixC);
  observer = fromArena(sizeof *observer);
  covariance = fromArena(STATES * STATES * sizeof *covariance);
  transition = fromArena(STATES * STATES * sizeof *transition);
  for (unsigned region = 0; region < 4; region++) latencyNs[region] = fromArena(REQUESTS * sizeof(uint64_t));
  bytesPerS = fromArena(STREAM_VALUES * sizeof *bytesPerS);
  neighbourNs = fromArena(PROBES * sizeof *neighbourNs);
  clockProbeNs = fromArena(PROBES * sizeof *clockProbeNs);
  activations = fromArena(2 * ACTIVATIONS * sizeof *activations);
  for (unsigned i = 0; i < BUFFER_WORDS; i++) source[i] = i * 0x9e3779b97f4a7c15ull;
  for (unsigned i = 0; i < MATRIX * MATRIX; i++) { matrixA[i] = 1.0 + i % 7; matrixB[i] = 0.5 + i % 5; }
  for (unsigned i = 0; i < STATES * STATES; i++) { transition[i] = i % 9 == 0 ? 0.9 : 0.01; covariance[i] = 1.0; }
  for (unsigned i = 0; i < 6; i++) observer->gain[i] = 0.5 + 0.01 * i;
  for (unsigned i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (unsigned bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
    crcTable[i] = crc;
  }
  struct sched_param priority = {.sched_priority = 50};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) { perror("bench: SCHED_FIFO"); exit(3); }
}

static void warmUp(void) { /* in the rhythm of the measurement, so that clocks and caches have settled */
  for (unsigned i = 0; i < 500; i++) {
    for (unsigned region = 0; region < 4; region++) runOperation(region, 1000);
    observe(observer, 0.05, 600);
    sleepNs(ROUND_SLEEP_NS);
  }
}

int main(int argc, char **argv) {
  const char *latency = NULL, *throughput = NULL, *wcet = NULL, *interference = NULL;
  unsigned slowCopy = 0, slowPid = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--seed")) randomState = strtoull(argv[i + 1], NULL, 10);
    else if (!strcmp(argv[i], "--latency")) latency = argv[i + 1];
    else if (!strcmp(argv[i], "--throughput")) throughput = argv[i + 1];
    else if (!strcmp(argv[i], "--wcet")) wcet = argv[i + 1];
    else if (!strcmp(argv[i], "--interference")) interference = argv[i + 1];
    else if (!strcmp(argv[i], "--slow-copy")) slowCopy = (unsigned)atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--slow-pid")) slowPid = (unsigned)atoi(argv[i + 1]);
    else { fprintf(stderr, "bench: unknown option %s\n", argv[i]); return 3; }
  }
  prepare();
  warmUp();
  latencyPhase(slowCopy);
  tracedPhase();
  handoffPhase();
  wcetPhase(slowPid);
  writeOutputs(latency, throughput, wcet, interference);
  return 0;
}
