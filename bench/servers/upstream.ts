import { serve } from "../serve.ts";
import { anthropicAnswer, anthropicStream, chatAnswer, chatStream } from "../traffic.ts";

/** A body in which each event is a chunk of its own, as providers write them. */
const chunked = (stream: string): Buffer =>
  Buffer.from(
    stream
      .split(/(?<=\n\n)/)
      .map((event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`)
      .join("") + "0\r\n\r\n",
  );

const answers = {
  chat: Buffer.from(chatAnswer),
  messages: Buffer.from(anthropicAnswer),
  chatStream: chunked(chatStream),
  messagesStream: chunked(anthropicStream),
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
      ...(stream ? { "transfer-encoding": "chunked" } : { "content-length": body.length }),
    });
    // Its chunks are made beforehand: written one by one they would cost more than all that is measured.
    if (stream) response.chunkedEncoding = false;
    response.end(body);
  });
});
