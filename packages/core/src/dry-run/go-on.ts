import type { Stage } from "../pipeline/stage.ts";

/** The same stage, but where it answers by itself the request goes on behind it all the same. */
export const goOn = (stage: Stage, onAnswer?: () => void): Stage => ({
  ...stage,
  run: async (context, next) => {
    let passedOn = false;
    const reply = await stage.run(context, (change) => {
      passedOn = true;
      return next(change);
    });
    reply.cancel();
    onAnswer?.();
    return passedOn ? reply : next();
  },
});
