"""A peer: the Singer wrapper that airbyte-cdk had until 2024. The tap is $BENCH_TAP."""
import os
import sys

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.sources.singer.source import BaseSingerSource


class Source(BaseSingerSource):
    tap_cmd = os.environ["BENCH_TAP"]
    tap_name = "recorded"
    api_error = OSError

    def try_connect(self, logger, config):
        pass

    def spec(self, *arguments):
        return ConnectorSpecification(connectionSpecification={"type": "object"})


if __name__ == "__main__":
    launch(Source(), sys.argv[1:])
