/** Tokens of replies that each person may cause within a minute. */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { ServiceError } from "../protocol/index.ts";

const MINUTE_SECONDS = 60;

export class TokenBudget {
  readonly #tokensMax: number;
  readonly #limiter: RateLimiterMemory;

  constructor(tokensMax: number) {
    this.#tokensMax = tokensMax;
    this.#limiter = new RateLimiterMemory({ points: tokensMax, duration: MINUTE_SECONDS });
  }

  /** Errors: TOKENS_SPENT. */
  async demand(person: string): Promise<void> {
    const spent = await this.#limiter.get(person);
    if (!spent || spent.consumedPoints < this.#tokensMax) return;
    const seconds = Math.max(1, Math.ceil(spent.msBeforeNext / 1000));
    throw new ServiceError("TOKENS_SPENT", { limit: this.#tokensMax, seconds });
  }

  /** What a reply took is known when it is over; it may go beyond what was left. */
  async spend(person: string, tokens: number): Promise<void> {
    if (tokens > 0) await this.#limiter.penalty(person, tokens);
  }
}
