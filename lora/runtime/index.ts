export { Session, type Feeds, type HostTensor, type SessionOptions } from "./session.ts";
