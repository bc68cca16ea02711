package io.github.hotso;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A signature, as Go writes it: "func(name string, n int32) (string, error)". result may be null. */
record Signature(String text, List<Type> parameters, Type result) {
    static Signature parse(String text) {
        return new Parser(text).signature();
    }

    private static final class Parser {
        private static final Pattern TOKEN = Pattern.compile("[A-Za-z_]\\w*|\\[\\]|[(){},;]|\\S");
        private static final Set<String> ENDS = Set.of(")", ",", "{");

        private final String text;
        private final Deque<String> tokens;

        Parser(String text) {
            this.text = text;
            this.tokens = new ArrayDeque<>(TOKEN.matcher(text).results().map(MatchResult::group).toList());
        }

        Signature signature() {
            expect("func");
            expect("(");
            var parameters = new ArrayList<Type>();
            while (!accept(")")) {
                if (!parameters.isEmpty()) {
                    expect(",");
                }
                if (named()) {
                    next();
                }
                parameters.add(type());
            }
            Type result = null;
            if (!accept("error") && !tokens.isEmpty()) {
                boolean both = accept("(");
                result = type();
                if (both) {
                    expect(",");
                    expect("error");
                    expect(")");
                }
            }
            if (!tokens.isEmpty()) {
                throw fail();
            }
            return new Signature(text, List.copyOf(parameters), result);
        }

        /** Whether a name comes before the type: a word that is followed by neither a brace nor an end. */
        private boolean named() {
            var it = tokens.iterator();
            return it.hasNext() && Character.isLetter(it.next().charAt(0)) && it.hasNext() && !ENDS.contains(it.next());
        }

        private Type type() {
            String word = next();
            NumberType number = NumberType.named(word);
            if (number != null) {
                return number;
            }
            switch (word) {
                case "string", "cstring":
                    return Type.TEXT;
                case "struct":
                    return struct();
                case "[]":
                    NumberType element = NumberType.named(next());
                    if (element != null && element.code != 1) {
                        return element.slice();
                    }
                    throw fail();
                default:
                    throw fail();
            }
        }

        private Type struct() {
            expect("{");
            var fields = new LinkedHashMap<String, Type.Fixed>();
            while (!accept("}")) {
                if (!fields.isEmpty()) {
                    expect(";");
                }
                String name = next();
                if (!(type() instanceof Type.Fixed field)) {
                    throw fail();
                }
                fields.put(name, field);
            }
            return StructType.of(fields);
        }

        private String next() {
            if (tokens.isEmpty()) {
                throw fail();
            }
            return tokens.pop();
        }

        private void expect(String want) {
            if (!next().equals(want)) {
                throw fail();
            }
        }

        private boolean accept(String want) {
            boolean found = want.equals(tokens.peek());
            if (found) {
                tokens.pop();
            }
            return found;
        }

        private HotsoException fail() {
            return HotsoException.badArgument("not a signature that can be called: " + text);
        }
    }
}
