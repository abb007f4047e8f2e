"""A stand-in for the text message providers: their API as far as the product uses it, and a customer's phone.

It knows nothing of the product and the product knows nothing of it: they meet over HTTP only. Run it with
`python -m simulator --port 8001 --config simulator.json`, or inside a test with `simulator.server.running`.
"""
