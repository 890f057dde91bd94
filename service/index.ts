import type { ServiceConfig } from './config.ts';
import type { Service } from './serve.ts';

export {
  ConfigError,
  defaultDataDir,
  type Environ,
  readClientConfig,
  readConfig,
  type ServiceConfig,
  type StartOptions,
} from './config.ts';
export type { Service } from './serve.ts';
export { locatePackage, VERSION } from './version.ts';

/** Builds the service and listens. What it needs loads with the first call: commands that only ask a service must start at once. */
export async function serve(config: ServiceConfig): Promise<Service> {
  return await (await import('./serve.ts')).serve(config);
}
