export { ConfigError, defaultDataDir, readClientConfig, readConfig, type ServiceConfig, type StartOptions } from './config.ts';
export { type Service, serve } from './serve.ts';
export { locatePackage, VERSION } from './version.ts';
