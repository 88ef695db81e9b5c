/** How rooms answer messages: checked whole before anything happens, refused in a way that a person can act on. */
import { ErrorCode, type Client, type MessageContext, type Room } from "@colyseus/core";
import type * as z from "zod";
import type { Identity } from "../access/index.ts";
import { toErrorBody, type Log } from "../jobs/index.ts";
import { ServiceError, type ErrorBody } from "../protocol/index.ts";

/** Who has joined has been let in by `onAuth`. */
export type RoomClient = Client<{ auth: Identity }> & { auth: Identity };

/** One row per message type. */
export type Handlers<Messages extends Readonly<Record<string, z.ZodType>>> = {
  readonly [Type in keyof Messages]: (client: RoomClient, message: z.output<Messages[Type]>) => unknown;
};

export interface Answering<Messages extends Readonly<Record<string, z.ZodType>>> {
  readonly messages: Messages;
  readonly handlers: Handlers<Messages>;
  /** @throws NOT_ALLOWED */
  readonly permit: (client: RoomClient, type: keyof Messages & string) => void;
  readonly log: Log;
}

/** Call it last in `onCreate`: from then on every type of message has an answer. */
export function answerMessages<Messages extends Readonly<Record<string, z.ZodType>>>(
  room: Room,
  { messages, handlers, permit, log }: Answering<Messages>,
): void {
  const refuse = (client: Client, context: MessageContext, type: string, error: unknown): void => {
    const body = toErrorBody(error, log);
    log.info({ type, code: body.code, params: body.params, session: client.sessionId }, "message refused");
    reject(client, context, body);
  };
  for (const type of Object.keys(messages) as (keyof Messages & string)[]) {
    room.onMessage(type, (client: RoomClient, raw: unknown, context: MessageContext) => {
      try {
        permit(client, type);
        const reply = handlers[type](client, parse(messages[type]!, raw, type));
        if (!(reply instanceof Promise)) return reply;
        return reply.catch((error: unknown) => refuse(client, context, type, error));
      } catch (error) {
        return refuse(client, context, type, error);
      }
    });
  }
  answerUnknown(room, (client, context, type) => {
    const known = Object.keys(messages).join(", ");
    const problem = `not a message of this room; there are ${known}`;
    refuse(client, context, type, new ServiceError("REQUEST_INVALID", { where: type.slice(0, 80), problem }));
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, raw: unknown, type: string): z.output<Schema> {
  const read = schema.safeParse(raw ?? {});
  if (read.success) return read.data;
  throw invalid(type, read.error);
}

/** Names the first field that is wrong: `train.start.settings.rank`. */
export function invalid(type: string, { issues }: z.ZodError): ServiceError {
  const [issue] = issues;
  // A key that does not belong there is named by its message alone.
  const keys = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const where = [type, ...(issue?.path ?? []), ...keys].map(String).join(".");
  return new ServiceError("REQUEST_INVALID", { where, problem: issue?.message ?? "not valid" });
}

/** A request is answered; of a message that expects no reply, the sender is told as an error of the room. */
function reject(client: Client, context: MessageContext, body: ErrorBody): void {
  if (context.id === undefined) client.error(ErrorCode.INVALID_PAYLOAD, JSON.stringify(body));
  else context.reject(JSON.stringify(body));
}

type Unknown = (client: Client, context: MessageContext, type: string) => void;

/**
 * Colyseus disconnects whoever sends a type that no handler has, and answers requests of such types in a form of its own.
 * A registry in which every name has a handler gives them the same answer as any other bad message.
 */
function answerUnknown(room: Room, answer: Unknown): void {
  const registry = room["onMessageEvents"] as { events: Record<string, unknown> };
  registry.events = new Proxy(registry.events, {
    get(known, type) {
      if (typeof type !== "string" || type === "*" || type in known) return Reflect.get(known, type) as unknown;
      return [
        (client: Client, _message: unknown, context?: MessageContext) => answer(client, context ?? noReply, type),
      ];
    },
  });
}

const noReply: MessageContext = { id: undefined, reject: () => undefined as never, resolve: () => undefined as never };
