/** A service in a process of its own, for tests that kill it: prints one JSON line when it is ready, and stops when told to. */
import { readConfig, serve } from '../../service/index.ts';

const [data = '', port = '0'] = process.argv.slice(2);
const service = await serve(readConfig({ data, port }, { PLUMBLINE_LOG: 'silent' }));
process.stdout.write(`${JSON.stringify({ url: service.url, adminToken: service.adminToken, storePid: service.storePid() })}\n`);
process.on('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
