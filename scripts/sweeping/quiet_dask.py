"""Dask's scheduler and worker without the web servers that both open, even where no dashboard is asked for."""

import distributed


class _NoServer:
    def start_http_server(self, *_, **__):
        pass


class Scheduler(_NoServer, distributed.Scheduler):
    pass


class Worker(_NoServer, distributed.Worker):
    pass
