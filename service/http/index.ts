export { mountHttp, type HttpOptions } from "./app.ts";
export { Gate, type GateOptions } from "./gate.ts";
export { openStudioPage, type StudioPage } from "./studio-page.ts";
