import { serve } from "../serve.ts";
import { anthropicAnswer, anthropicStream, chatAnswer, chatStream } from "../traffic.ts";

const answers = {
  chat: Buffer.from(chatAnswer),
  messages: Buffer.from(anthropicAnswer),
  chatStream: Buffer.from(chatStream),
  messagesStream: Buffer.from(anthropicStream),
};

/** A provider that costs next to nothing: it only looks whether a stream is wanted. */
serve((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const stream = Buffer.concat(chunks).includes('"stream":true');
    const messages = request.url?.endsWith("/messages") === true;
    const body = stream
      ? messages
        ? answers.messagesStream
        : answers.chatStream
      : messages
        ? answers.messages
        : answers.chat;
    response.writeHead(200, {
      "content-type": stream ? "text/event-stream" : "application/json",
      ...(stream ? {} : { "content-length": body.length }),
    });
    response.end(body);
  });
});
