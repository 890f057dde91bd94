import { Worker } from 'node:worker_threads';
import { ParseError, type TableBatch, type TableColumn, type TableSource } from './format.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-messages.ts';

/** The tables of a database in a thread of its own; `close` ends the thread. */
export type SqliteTables = TableSource & { readonly close: () => Promise<void> };

/** A step reads some thousand rows, which takes milliseconds; one that takes this long never ends. */
const STEP_MS = 30_000;
/** JavaScript memory of the thread; SQLite's own is bounded by its cache. */
const THREAD_MB = 256;

/** @param path of a file that nobody writes to; its schema was checked by `assertSqliteSchema` */
export function openSqlite(path: string): SqliteTables {
  const thread = startThread(path);
  const refuse = (refusal: string): never => {
    throw new ParseError(`the database cannot be read: ${refusal}`, { line: 0, column: 1 });
  };
  async function ask(request: SqliteRequest): Promise<Exclude<SqliteAnswer, { readonly ok: false }>> {
    const answer = await thread.ask(request);
    return answer.ok === false ? refuse(answer.refusal) : answer;
  }
  async function* rows(table: string, columns: readonly TableColumn[]): AsyncGenerator<TableBatch> {
    const askAfter = async (afterId: number | bigint | null) => {
      const answer = await ask({ ask: 'rows', table, columns, afterId });
      return answer.ok === 'rows' ? answer.rows : refuse('its answer belongs to another question');
    };
    let batch = await askAfter(null);
    for (;;) {
      // The thread reads on while this batch is worked on.
      const next = batch.isLast ? null : askAfter(batch.lastId);
      next?.catch(() => undefined);
      if (batch.rowCount > 0) yield batch;
      if (next === null) return;
      batch = await next;
    }
  }
  return {
    tables: async () => {
      const answer = await ask({ ask: 'tables' });
      return new Map(answer.ok === 'tables' ? answer.tables : []);
    },
    rows,
    texts: async (table, { id, text }, ids) => {
      const answer = await ask({ ask: 'texts', table, idColumn: id, textColumn: text, ids });
      return new Map(answer.ok === 'texts' ? answer.texts : []);
    },
    close: thread.close,
  };
}

type Waiting = { readonly resolve: (answer: SqliteAnswer) => void; readonly timer: NodeJS.Timeout };

/** The built thread is a file; from source it has to learn TypeScript first, as the main thread did. */
function startWorker(path: string): Worker {
  const options = { workerData: path, resourceLimits: { maxOldGenerationSizeMb: THREAD_MB } };
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(isSource ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url);
  if (!isSource) return new Worker(url, options);
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(code, { ...options, eval: true });
}

/** Questions and answers in order; a thread that dies or hangs answers with a refusal. */
function startThread(path: string) {
  const worker = startWorker(path);
  const waiting: Waiting[] = [];
  let ended: string | undefined;
  const end = (why: string) => {
    ended ??= why;
    for (const { resolve, timer } of waiting.splice(0)) {
      clearTimeout(timer);
      resolve({ ok: false, refusal: ended });
    }
  };
  worker.on('message', (answer: SqliteAnswer) => {
    const first = waiting.shift();
    clearTimeout(first?.timer);
    first?.resolve(answer);
  });
  worker.on('error', (error: Error) => end(`SQLite gave up on it (${error.message.slice(0, 100)})`));
  worker.on('exit', () => end('SQLite gave up on it'));
  worker.unref();
  return {
    ask: (request: SqliteRequest) =>
      new Promise<SqliteAnswer>((resolve) => {
        if (ended !== undefined) return resolve({ ok: false, refusal: ended });
        const timer = setTimeout(() => {
          end(`a step took more than ${STEP_MS / 1000} s`);
          void worker.terminate();
        }, STEP_MS);
        waiting.push({ resolve, timer });
        worker.postMessage(request);
        return undefined;
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
