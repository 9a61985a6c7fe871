"""What makes the stand-in SDK as heavy as Coze's, for those who measure pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

# A bundle like the SDK's: modules, each of them run once before anything else is.
HEAD = '(function () {\n  "use strict";\n  var modules = {\n'
TAIL = """  };
  Object.keys(modules).forEach(function (id) {
    modules[id]({});
  });
})();
"""
MODULE = """    {id}: function (exports) {{
      var table = {{ {a}: "{b}", {c}: [{n}, {m}], {d}: "{e}", icon: "{icon}" }};
      function {f}(items, limit) {{
        return items.filter(function (item) {{
          return item.length > limit && item !== table.{a};
        }}).map(function (item) {{
          return {{ key: item.slice(0, {n}), kind: "{g}", weight: item.length * {m} }};
        }});
      }}
      exports.{g} = function (state, action) {{
        if (action.type === "{b}") {{
          return Object.assign({{}}, state, {{ {c}: {f}(action.items, {n}) }});
        }}
        return table.{c}.indexOf(action.size) < 0 ? state : exports.{g}(state, {{ type: "{b}", items: [] }});
      }};
      Object.defineProperty(exports, "{h}", {{ get: function () {{ return table.{d}; }} }});
    }},
"""


def make_weight(size: int) -> str:
    """Return a script of that many bytes that does nothing but be parsed and run.

    The same at every call. It gzips to about a quarter, as the SDK does.
    """
    room = size - len(HEAD) - len(TAIL)
    modules = []
    for module in _make_modules():  # pragma: no branch  # it never ends
        room -= len(module)
        if room < 0:
            break
        modules.append(module)
    script = HEAD + "".join(modules) + TAIL
    return script + "\n" * max(0, size - len(script))


def _make_modules() -> Iterator[str]:
    for number in count(1):  # pragma: no branch  # it never ends
        digest = hashlib.sha512(str(number).encode()).hexdigest()
        # A name does not begin with a digit.
        names = {
            key: f"{key}{digest[i * 9 : i * 9 + 9]}" for i, key in enumerate("abcdefgh")
        }
        m, icon = int(digest[80:84], 16), digest[84:] + digest[::-1]
        yield MODULE.format(id=number, n=number % 97, m=m, icon=icon, **names)
