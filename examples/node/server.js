import { createServer } from 'node:http';

const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ path: request.url, pid: process.pid }));
});

// Descriptor 3 is the socket that the launcher holds; without a launcher there is PORT.
server.listen(process.env.LISTEN_FDS ? { fd: 3 } : { port: process.env.PORT ?? 8000, host: '127.0.0.1' });

// Answers what it has accepted, then ends.
process.on('SIGTERM', () => server.close());
