// Stands in for a version of your service: node model.js PORT VERSION. Every version predicts the same, and names itself in a header.
import { createServer } from "node:http";

const [port = "8081", version = "v1"] = process.argv.slice(2);

createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const headers = { "content-type": "application/json", "x-served-by": version };
    response.writeHead(200, headers).end(JSON.stringify({ prediction: 1 }));
  });
}).listen(Number(port), "127.0.0.1");
