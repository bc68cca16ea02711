"""What hotso gen --lang python writes."""

import array
import pathlib
import sys
import unittest

from common import library

import hotso

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "testdata" / "libs" / "echo" / "client"))
import echo  # noqa: E402


class Client(unittest.TestCase):
    def test_calls(self) -> None:
        with hotso.Library(library("echo")) as lib:
            client = echo.Echo(lib)
            self.assertEqual(client.text("Ada"), "Ada")
            self.assertEqual(client.bytes(b"\0\1"), b"\0\1")
            self.assertEqual(client.int8(-128), -128)
            self.assertIsNone(client.nothing())
            self.assertEqual(client.float64s([1, 2.5]), array.array("d", [1, 2.5]))
            line = client.turn(echo.Line(echo.Point(1, 2), echo.Point(3, 4), True))
            self.assertIsInstance(line, echo.Line)
            self.assertEqual((line.From.X, line.To.Y, line.Dashed), (3, 2, True))
            with self.assertRaises(hotso.CallFailed):
                client.divide(1, 0)

    def test_callbacks(self) -> None:
        with hotso.Library(library("echo")) as lib:
            client = echo.Echo(lib)
            seen = []
            client.parallel(8, seen.append)
            self.assertEqual(sorted(seen), list(range(8)))

            def fail() -> None:
                raise KeyError("enough")

            with self.assertRaises(hotso.CallFailed) as caught:
                client.until_it_fails(fail)
            self.assertIn("enough", str(caught.exception))
            text = client.forms(
                lambda: "Ada",
                lambda p, xs: ((p.X, p.Y), (sum(xs), 0), True),
                lambda c, data, ok: [c, len(data), ok],
                lambda: None,
            )
            self.assertEqual(text, "Ada {{1 2} {7 0} true} [1.5 2 1]")


if __name__ == "__main__":
    unittest.main()
