package invoke

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

// Every type that crosses has a kind: without one, a value arrives wrong and without an error. The
// types are those that package abi declares, so that a new one is missed here.
func TestEveryTypeHasAKind(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../../cabi/abi/signature.go", nil, 0)
	require.NoError(t, err)
	types := []abi.Type{}
	for _, d := range file.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			spec := spec.(*ast.ValueSpec)
			if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Type" {
				continue
			}
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			types = append(types, abi.Type(text))
		}
	}
	require.Contains(t, types, abi.None)
	for _, typ := range types {
		if slice := abi.Slice(typ); slice != abi.None {
			types = append(types, slice)
		}
	}
	require.Contains(t, types, abi.Type("[]float64"))
	for _, typ := range types {
		k := kindOf(typ)
		assert.Equal(t, typ == abi.None, k == kindNone, "%q has kind %d", typ, k)
		assert.Equal(t, typ.Elem().Size(), k.element(), typ)
		assert.Equal(t, typ.Float(), k.float(), typ)
	}
}
