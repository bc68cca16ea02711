"""Every type that crosses, there and back."""

import array
import unittest

from common import library

import hotso


class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.echo = hotso.Library(library("echo"))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.echo.close()

    def test_numbers(self) -> None:
        cases = {"Bool": [True, False], "Float64": [0.0, -1.5, 1e300], "Float32": [0.5]}
        for bits in (8, 16, 32, 64):
            cases[f"Int{bits}"] = [0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))]
            cases[f"Uint{bits}"] = [0, 1, 2**bits - 1]
        for name, values in cases.items():
            f = self.echo.function(name)
            for v in values:
                self.assertEqual(f(v), v, name)
                self.assertIs(type(f(v)), type(v), name)
                self.assertEqual(self.echo.call(name, v), v, name)

    def test_released(self) -> None:
        f = self.echo.function("Float64")
        fast = f.call
        f.release()
        others = [self.echo.function("Warmer") for _ in range(1024)]  # as many as there are pointers
        self.assertEqual(others[0](1.5), 2.5)
        for call in (f, f.call, fast):
            with self.assertRaises(hotso.Closed):
                call(1.5)
        with self.assertRaises(hotso.ArgumentError):
            f.unchecked

    def test_unchecked(self) -> None:
        f = self.echo.function("Int8")
        self.assertEqual(f.unchecked(-128), -128)
        self.assertEqual(f.unchecked(128), -128, "nobody has looked")
        hotso.raise_pending()
        with self.assertRaisesRegex(hotso.ArgumentError, "Text can't be called unchecked"):
            self.echo.function("Text").unchecked
        slot = hotso.Slot("echo")
        empty = slot.function("Int8", "func(int8) int8")
        self.assertEqual(empty.unchecked(7), 0)
        with self.assertRaises(hotso.Empty):
            hotso.raise_pending()
        hotso.raise_pending()
        slot.close()

    def test_numbers_out_of_range(self) -> None:
        for name, value in {"Int8": 128, "Uint8": -1, "Uint64": 2**64, "Int64": 2**63}.items():
            with self.assertRaises(hotso.ArgumentError, msg=name):
                self.echo.function(name)(value)
            with self.assertRaises(hotso.ArgumentError, msg=name):
                self.echo.call(name, value)

    def test_texts(self) -> None:
        f = self.echo.function("Text", "func(string) (string, error)")
        for text in ("", "Ada", "Grüße \0 日本", "x" * 512, "x" * 513, "x" * 100_000):
            self.assertEqual(f(text), text)
            self.assertEqual(self.echo.call("Text", text), text)
        with self.assertRaises(hotso.ArgumentError):
            f(b"bytes")

    def test_bytes(self) -> None:
        f = self.echo.function("Bytes")
        for data in (b"", b"\0\xff", bytes(100_000)):
            self.assertEqual(f(data), data)
            self.assertEqual(f(bytearray(data)), data)
            self.assertEqual(self.echo.call("Bytes", data), data)
        for wrong in (3, "text", None):
            with self.assertRaises(hotso.ArgumentError):
                f(wrong)

    def test_slices(self) -> None:
        for name, typecode, values in [
            ("Int8s", "b", [-128, 127]),
            ("Uint16s", "H", [0, 65535]),
            ("Int64s", "q", [-(2**63), 2**63 - 1]),
            ("Float32s", "f", [0.5]),
            ("Float64s", "d", [0.1] * 1000),
            ("Int32s", "i", []),
        ]:
            f, want = self.echo.function(name), array.array(typecode, values)
            self.assertEqual(f(values), want)
            self.assertEqual(f(iter(values)), want)
            self.assertEqual(self.echo.call(name, want), want)
        with self.assertRaises(hotso.ArgumentError):
            self.echo.function("Int8s")([128])

    def test_structs(self) -> None:
        middle = self.echo.function("Middle")
        m = middle((0, 0), {"X": 4, "Y": 2})
        self.assertEqual((m.X, m.Y), (2, 1))
        self.assertEqual(middle(m, (0, 0)).X, 1)
        turn = self.echo.function("Turn")
        line = turn([(1, 2), (3, 4), True])
        self.assertEqual((line.From.X, line.To.Y, line.Dashed), (3, 2, True))
        for wrong in ((1,), (1, 2, 3), {"X": 1}, 5, ("a", "b")):
            with self.assertRaises(hotso.ArgumentError):
                middle(wrong, (0, 0))

    def test_many_arguments(self) -> None:
        f = self.echo.function("Many")
        self.assertIn("hello", f(-1, 0.5, 65535, "hello", 2.5, True, 2**40, b"\1\2"))
        with self.assertRaises(hotso.ArgumentError):
            f(1)

    def test_errors(self) -> None:
        divide = self.echo.function("Divide")
        self.assertEqual(divide(1, 2), 0.5)
        with self.assertRaises(hotso.CallFailed) as caught:
            divide(1, 0)
        self.assertIn("zero", caught.exception.message)
        self.assertEqual(caught.exception.name, "call")
        with self.assertRaises(hotso.Panicked) as caught:
            self.echo.call("Panics", "oh dear")
        self.assertIn("oh dear", str(caught.exception))
        self.assertIn("oh dear", caught.exception.message)

    def test_wrong_signatures(self) -> None:
        with self.assertRaises(hotso.Refused) as caught:
            self.echo.function("Text", "func(int32) string")
        self.assertEqual(caught.exception.name, "signature")
        with self.assertRaises(hotso.Error):
            self.echo.function("Nowhere")
        with self.assertRaises(hotso.Error):
            self.echo.call("Nowhere")


if __name__ == "__main__":
    unittest.main()
