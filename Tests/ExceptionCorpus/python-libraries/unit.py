import unittest

import shop


class ShopTest(unittest.TestCase):
    def test_find(self):
        self.assertEqual(shop.find({1: 2}, 1), 3)

    def test_load(self):
        shop.load({}, 7)


unittest.main()
