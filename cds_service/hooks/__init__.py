"""One module a hook: a JSON request becomes the orders to rate and the chart to rate them with."""
