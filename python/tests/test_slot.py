"""Swaps, and the life of a slot."""

import asyncio
import os
import pathlib
import shutil
import tempfile
import threading
import unittest

from common import Callers, library

import hotso


class Swaps(unittest.TestCase):
    def setUp(self) -> None:
        self.slot = hotso.Slot("greeter", allow_downgrade=True, drain_timeout=30)
        self.addCleanup(self.slot.close)
        self.slot.swap(library("greeter", "1"))

    def test_no_call_is_lost(self) -> None:
        greet = self.slot.function("GreetName", "func(string) (string, error)")
        with Callers(lambda: greet("Ada"), threads=8) as callers:
            for i in range(10):
                self.slot.swap(library("greeter", str(2 - i % 2)))
        self.assertGreater(callers.calls, 0)
        self.assertEqual(callers.failures, [])
        serving = [v for v in self.slot.versions() if v.get("state") == "serving"]
        self.assertEqual(len(serving), 1)

    def test_rollback(self) -> None:
        swap = self.slot.swap(library("greeter", "2"))
        self.assertIsInstance(swap, dict)
        self.assertEqual(self.slot.describe()["version"], "2")
        self.slot.rollback()
        self.assertEqual(self.slot.describe()["version"], "1")

    def test_what_fails_changes_nothing(self) -> None:
        with self.assertRaises(hotso.NotFound):
            self.slot.swap("/nowhere/libgreeter.v9.so")
        with tempfile.TemporaryDirectory() as d:
            damaged = pathlib.Path(d, "libgreeter.v2.so")
            data = bytearray(pathlib.Path(library("greeter", "2")).read_bytes())
            data[len(data) // 2] ^= 1
            damaged.write_bytes(data)
            with self.assertRaises(hotso.Refused) as caught:
                self.slot.swap(damaged)
            self.assertEqual(caught.exception.name, "seal")
        self.assertEqual(self.slot.call("GreetName", "Ada"), "Hello, Ada!")

    def test_canary(self) -> None:
        self.slot.canary(library("greeter", "2"), 50)
        with self.assertRaises(hotso.CanaryError):
            self.slot.canary(library("greeter", "2"), 50)
        self.slot.set_share(100)
        self.slot.promote()
        self.assertEqual(self.slot.describe()["version"], "2")
        self.slot.canary(library("greeter", "1"), 10)
        self.slot.abort()
        with self.assertRaises(hotso.CanaryError):
            self.slot.abort()

    def test_watch(self) -> None:
        with tempfile.TemporaryDirectory() as d, self.slot.watch(d):
            shutil.copy(library("greeter", "2"), os.path.join(d, "new"))
            os.rename(os.path.join(d, "new"), os.path.join(d, "libgreeter.v2.so"))
            item = {}
            while item.get("kind") != "watch":
                item = self.slot.event(timeout=60) or self.fail("nothing happened")
            self.assertNotIn("error", item)
        self.assertEqual(self.slot.describe()["version"], "2")

    def test_events(self) -> None:
        self.slot.swap(library("greeter", "2"))
        seen = []
        while not seen or (seen[-1]["version"], seen[-1]["state"]) != ("1", "unloaded"):
            seen.append(self.slot.event(timeout=60) or self.fail(f"no event after {seen}"))
        self.assertEqual({i["kind"] for i in seen}, {"event"})
        self.assertEqual([i["state"] for i in seen if i["version"] == "2"][-1], "serving")
        self.assertIsNone(self.slot.event(timeout=0))

    def test_events_end_with_the_slot(self) -> None:
        async def read() -> "list[dict]":
            return [e async for e in self.slot.events_async()]

        seen: "list[list[dict]]" = []
        readers = [
            threading.Thread(target=lambda: seen.append(list(self.slot.events()))),
            threading.Thread(target=lambda: seen.append(asyncio.run(asyncio.wait_for(read(), 60)))),
        ]
        for t in readers:
            t.start()
        self.slot.close()
        for t in readers:
            t.join()
        self.assertEqual(len(seen), 2, "one of them has failed")
        self.assertIn("unloaded", [e["state"] for e in seen[0] + seen[1]])

    def test_asyncio(self) -> None:
        async def main() -> "list[dict]":
            greet = self.slot.function("GreetName")
            seen = []

            async def events() -> None:
                async for e in self.slot.events_async():
                    seen.append(e)
                    if e.get("version") == "2":
                        return

            reader = asyncio.create_task(events())
            await self.slot.swap_async(library("greeter", "2"))
            self.assertTrue((await greet.call_async("Ada")).startswith("Hello"))
            await asyncio.wait_for(reader, 60)
            return seen

        self.assertTrue(asyncio.run(main()))

    def test_closed(self) -> None:
        greet = self.slot.function("GreetName")
        closers = [threading.Thread(target=self.slot.close) for _ in range(2)]
        for t in closers:
            t.start()
        for t in closers:
            t.join()
        with self.assertRaises(hotso.Closed):
            greet("Ada")
        with self.assertRaises(hotso.Closed):
            self.slot.swap(library("greeter", "2"))
        self.assertIsNone(self.slot.close())
        self.assertIn("unloaded", [v["state"] for v in self.slot.versions()])


class Empty(unittest.TestCase):
    def test_calls(self) -> None:
        with hotso.Slot("greeter") as slot:
            with self.assertRaises(hotso.Empty):
                slot.call("GreetName", "Ada")
            greet = slot.function("GreetName", "func(string) string")
            with self.assertRaises(hotso.Empty):
                greet("Ada")

    def test_settings(self) -> None:
        for wrong in ({"no_such": 1}, {"drain_timeout": "soon"}, {"max_calls": -1}, {"allow_downgrade": "perhaps"}):
            with self.assertRaises(hotso.ArgumentError, msg=str(wrong)):
                hotso.Slot("greeter", **wrong)

    def test_inspect(self) -> None:
        d = hotso.inspect(library("greeter", "1"))
        self.assertEqual((d["name"], d["version"]), ("greeter", "1"))


if __name__ == "__main__":
    unittest.main()
