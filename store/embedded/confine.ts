// Takes from the engine's process, on Linux, what no query has a use for: other files, other programs, outgoing connections.
//
// The engine runs as a local program, which a server's checks trust: the scalar function file('/etc/passwd') and format templates read
// any path whatever the user's rights. Landlock (landlock(7), Linux ≥ 5.19 for moves between folders) needs no privilege and cannot be
// taken back. It binds one thread and those it starts, so it is called in the thread that will run the engine: ffi-rs hands
// `runInNewThread` calls to libuv's pool, which engine-process.ts makes one thread wide (UV_THREADPOOL_SIZE). A test sees file() refused.

import { closeSync, constants, openSync } from 'node:fs';
import { DataType, load } from 'ffi-rs';

// System call numbers, equal on x86-64 and arm64 (asm-generic).
const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;

// <linux/landlock.h>
const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
/** Bits 0..13: everything version 2 knows, which is executing, reading, writing, making, removing and moving. */
const VERSION_2_ACCESS = (1n << 14n) - 1n;
const EXECUTE = 1n << 0n;
/** Bits of making what is neither file nor folder: 6 character device, 9 socket, 10 fifo, 11 block device, 12 symbolic link. */
const MAKE_SPECIAL = (1n << 6n) | (1n << 9n) | (1n << 10n) | (1n << 11n) | (1n << 12n);
const TRUNCATE_SINCE_VERSION_3 = 1n << 14n;
const CONNECT_TCP_SINCE_VERSION_4 = 1n << 1n;

/** <sys/prctl.h> */
const PR_SET_NO_NEW_PRIVS = 38;

/** Public files the engine reads for its metrics, host name and time zone; of other processes nothing. */
const READABLE_DIRS = ['/proc/self', '/proc/sys', '/sys', '/usr/share/zoneinfo', '/usr/lib', '/lib', '/lib64'] as const;
const READABLE_FILES = [
  '/proc/cpuinfo',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/uptime',
  '/proc/vmstat',
  '/dev/null',
  '/dev/urandom',
  '/etc/hosts',
  '/etc/host.conf',
  '/etc/nsswitch.conf',
  '/etc/resolv.conf',
  '/etc/gai.conf',
  '/etc/localtime',
] as const;

/**
 * Confines the pool's thread and those it will start to reading and writing below the given folders, and to no outgoing TCP connection
 * (Linux ≥ 6.7). The C library must be open in ffi-rs under the name `c`.
 * @param writableDirs absolute paths of existing folders
 * @returns whether it is confined; false where the system offers no Landlock
 * @throws Error when Landlock is there and refuses
 */
export async function confine(writableDirs: readonly string[]): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const version = systemCall(LANDLOCK_CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION);
  // Version 1 forbids every move between folders, which the engine needs to drop a table.
  if (version < 2) return false;
  const all = version >= 3 ? VERSION_2_ACCESS | TRUNCATE_SINCE_VERSION_3 : VERSION_2_ACCESS;
  const rulesetFd = createRuleset(version, all);
  const writable = all & ~EXECUTE & ~MAKE_SPECIAL;
  for (const path of writableDirs) allowBeneath(rulesetFd, path, writable);
  for (const path of READABLE_DIRS) allowBeneath(rulesetFd, path, READ_FILE | READ_DIR);
  for (const path of READABLE_FILES) allowBeneath(rulesetFd, path, READ_FILE);
  assertDone('prctl', await callInPool('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]));
  assertDone('landlock_restrict_self', await callInPool('syscall', [LANDLOCK_RESTRICT_SELF, rulesetFd, 0]));
  closeSync(rulesetFd);
  return true;
}

/** struct landlock_ruleset_attr: handled_access_fs, handled_access_net (the latter from version 4 on). What is handled is denied but by rule. */
function createRuleset(version: number, handledFiles: bigint): number {
  const attributes = Buffer.alloc(version >= 4 ? 16 : 8);
  attributes.writeBigUInt64LE(handledFiles, 0);
  if (version >= 4) attributes.writeBigUInt64LE(CONNECT_TCP_SINCE_VERSION_4, 8);
  return assertDone('landlock_create_ruleset', systemCall(LANDLOCK_CREATE_RULESET, attributes, attributes.length, 0));
}

/** Adds a rule; a path this machine lacks needs none. A right of folders is refused for a file, so files get theirs only. */
function allowBeneath(rulesetFd: number, path: string, access: bigint): void {
  const fd = openIfPresent(path);
  if (fd === undefined) return;
  // struct landlock_path_beneath_attr, packed: allowed_access, parent_fd.
  const rule = Buffer.alloc(12);
  rule.writeBigUInt64LE(access, 0);
  rule.writeInt32LE(fd, 8);
  const result = systemCall(LANDLOCK_ADD_RULE, rulesetFd, RULE_PATH_BENEATH, rule);
  closeSync(fd);
  assertDone(`landlock_add_rule ${path}`, result);
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch {
    return undefined;
  }
}

/** syscall(2) with up to four arguments, each a number or the address of a buffer. Returns -1 on failure. */
function systemCall(number: number, ...args: readonly (number | Buffer)[]): number {
  const four = [...args, 0, 0, 0, 0].slice(0, 4);
  return load({
    library: 'c',
    funcName: 'syscall',
    retType: DataType.I64,
    paramsType: [DataType.I64, ...four.map((arg) => (typeof arg === 'number' ? DataType.I64 : DataType.U8Array))],
    paramsValue: [number, ...four],
  });
}

/** A function of the C library, run in the thread that runs the engine afterwards. */
function callInPool(funcName: 'prctl' | 'syscall', args: readonly number[]): Promise<number> {
  const paramsType = args.map(() => DataType.I64);
  return load({ library: 'c', funcName, retType: DataType.I64, paramsType, paramsValue: [...args], runInNewThread: true });
}

function assertDone(what: string, result: number): number {
  if (result < 0) throw new Error(`confine: ${what} failed`);
  return result;
}
