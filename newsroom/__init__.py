"""The sample newsroom: fictional outlets served over real HTTP for the demo, the tests and the benchmarks.

Nothing here imports another room. `content.load_newsroom` gives the ground truth, `process.running_newsroom`
a running server, `server.serve` the server itself. Every outlet, byline and accused person is invented.
"""
