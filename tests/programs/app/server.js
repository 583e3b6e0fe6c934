const server = require('http').createServer((_, answer) => answer.end('hello'));
// A socket that was handed over is descriptor 3.
server.listen(process.env.LISTEN_FDS ? { fd: 3 } : { port: process.env.PORT, host: '127.0.0.1' });
