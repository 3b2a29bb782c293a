"""`tapbyte build --push` with a real registry."""
import socket
import unittest

from docker import containers, registry

TAP = "exchange-rates"


class Push(unittest.TestCase):
    def test_what_is_pushed_can_be_pulled_and_run(self):
        if registry.program() is None:
            self.skipTest("docker-registry is not installed, and apt-get cannot get it")
        server = self.enterContext(registry.Registry())
        repository = f"{server.address}/team/source-{TAP}"
        name = f"{repository}:2.0.1"
        code, output = containers.build(TAP, name, "--push")
        self.addCleanup(containers.docker, "image", "rm", name, check=False)
        self.assertEqual((code, output.splitlines()[-1]), (0, f"Built and pushed {name}"))

        built = containers.inspect(name)
        containers.docker("image", "rm", name)
        containers.docker("pull", "--quiet", name)
        pulled = containers.inspect(name)
        self.assertEqual(pulled["Id"], built["Id"])
        digest = server.digest(f"team/source-{TAP}", "2.0.1")
        self.assertEqual(pulled["RepoDigests"], [f"{repository}@{digest}"])
        self.assertEqual(pulled["Config"]["Labels"]["io.airbyte.name"], repository)
        self.assertEqual(pulled["Config"]["Labels"]["io.airbyte.version"], "2.0.1")
        self.assertEqual(containers.run(name, "spec", options=containers.LOCKED).stdout,
                         containers.run(containers.image(TAP), "spec").stdout)

    def test_a_registry_that_does_not_answer(self):
        with socket.socket() as nobody:  # bound, so that nobody else takes it
            nobody.bind(("127.0.0.1", 0))
            name = f"127.0.0.1:{nobody.getsockname()[1]}/source-{TAP}:2.0.1"
            code, output = containers.build(TAP, name, "--push")
            self.addCleanup(containers.docker, "image", "rm", name, check=False)
        self.assertEqual((code, output.splitlines()[-1]), (
            1, "tapbyte build: docker push failed with status 1; see above"))


if __name__ == "__main__":
    unittest.main()
