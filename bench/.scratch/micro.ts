import { startEmbeddedStore, connectStore } from '../../store/index.ts';
import { readFileSync } from 'node:fs';
const ids = JSON.parse(readFileSync('/tmp/pl-sql-ids.json', 'utf8'));
const emb = await startEmbeddedStore({ dataDir: '/tmp/pl-sql' });
try {
const s = connectStore(emb);
console.log(await s.query('SELECT version() AS v'));
for (const sql of readFileSync(process.argv[2]!, 'utf8').split(';').map((x) => x.trim()).filter(Boolean)) {
  const ts: string[] = []; let r: any;
  try { for (let i = 0; i < 3; i++) { const t = performance.now(); r = await s.query<any>(sql, { r: ids.many, c: ids.cand }); ts.push((performance.now() - t).toFixed(0)); } } catch (e: any) { r = e.cause?.message ?? e.message; }
  console.log(ts.join(' '), sql.slice(0, 150).replace(/\s+/g, ' '), JSON.stringify(r).slice(0, 200));
}
await s.close();
} finally { await emb.stop(); }
