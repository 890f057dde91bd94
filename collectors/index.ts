export { captureEnvironment, type Machine, thisMachine } from './environment/index.ts';
