/** One server-sent event. */
export interface Message {
  id: string;
  event: string;
  data: string;
}

/** Reads a stream of server-sent events as they come; comments, such as signs of life, are left out. */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      // An event ends with an empty line; a chunk may hold many, or a part of one.
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const message = messageOf(block);
        if (message) yield message;
      }
    }
  } finally {
    // Whoever stops listening closes the connection.
    await reader.cancel().catch(() => {});
  }
}

function messageOf(block: string): Message | undefined {
  const message = { id: "", event: "message", data: [] as string[] };
  for (const line of block.split(/\r?\n/)) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") message.id = value;
    else if (field === "event") message.event = value;
    else if (field === "data") message.data.push(value);
  }
  return message.data.length === 0 ? undefined : { ...message, data: message.data.join("\n") };
}
