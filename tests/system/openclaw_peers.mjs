// What a real OpenClaw needs around it in openclaw_test: a model that notes what it is told, and a proxy in front.
//   node openclaw_peers.mjs <file of notes> <file of commands> <port of OpenClaw>
// Prints "ready model=<port> proxy=<port>". The file of commands holds how long the model takes, in ms.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const [notes, commands, gateway] = process.argv.slice(2);
const chunk = (delta, finish) => 'data: ' + JSON.stringify({id: 'x', object: 'chat.completion.chunk', created: 1, model: 'mock-1',
  choices: delta ? [{index: 0, delta, finish_reason: finish ?? null}] : [], usage: delta ? undefined : {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}}) + '\n\n';

const model = http.createServer((request, response) => {
  let body = '';
  request.on('data', (data) => { body += data; });
  request.on('end', () => {
    const wait = fs.existsSync(commands) ? Number(fs.readFileSync(commands, 'utf8')) : 0;
    setTimeout(() => {
      response.on('error', () => {});
      if (response.destroyed) return;
      fs.appendFileSync(notes, body + '\n');   // what is answered is known
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.end(chunk({role: 'assistant', content: 'Noted.'}) + chunk({}, 'stop') + chunk(null) + 'data: [DONE]\n\n');
    }, wait);
  });
});

const proxy = net.createServer((client) => {
  const server = net.connect(Number(gateway), '127.0.0.1');
  let head = '';
  const begin = (data) => {
    head += data.toString('latin1');
    const end = head.indexOf('\r\n');
    if (end < 0) return;
    client.off('data', begin);
    server.write(Buffer.from(head.slice(0, end + 2) + 'X-Forwarded-For: 203.0.113.7\r\n' + head.slice(end + 2), 'latin1'));
    client.pipe(server);
  };
  client.on('data', begin);
  server.pipe(client);
  for (const [one, other] of [[client, server], [server, client]]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});

model.listen(0, '127.0.0.1', () => proxy.listen(0, '127.0.0.1', () => console.log(`ready model=${model.address().port} proxy=${proxy.address().port}`)));
