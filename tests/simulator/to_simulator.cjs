// Preloaded into Node.js (--require): connections to *.auth0.com go to the simulator on the loopback address.
'use strict';
const net = require('node:net');

const [host, port] = process.env.SIMULATOR_ADDRESS.split(':');
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && typeof options === 'object' && /\.auth0\.com$/.test(options.host || '')) {
    options.host = host;
    options.port = Number(port);
  }
  return connect.apply(this, args);
};
