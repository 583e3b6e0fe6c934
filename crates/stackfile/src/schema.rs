//! What a stack file may say, for editors.

use indexmap::IndexMap;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Value, json};

use crate::raw::{RawService, RawStack};

/// The JSON Schema of the stack file, of the types that read it. Draft 7 is what editors' TOML servers know best.
pub fn schema() -> Schema {
    SchemaSettings::draft07()
        .with_transform(RecursiveTransform(as_toml))
        .into_generator()
        .into_root_schema_for::<RawStack<IndexMap<String, RawService>>>()
}

/// TOML has no null; and where a comment is wrapped, what it says is not.
fn as_toml(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = &mut types[..] {
            let one = one.take();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(schemas)) = schema.get_mut("anyOf") {
        schemas.retain(|one| *one != json!({ "type": "null" }));
    }
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;

    #[test]
    fn every_key_is_described() {
        fn look(name: &str, value: &Value) {
            for (key, inner) in value.as_object().into_iter().flatten() {
                if key == "properties" {
                    for (key, property) in inner.as_object().into_iter().flatten() {
                        assert!(property["description"].is_string(), "{name}.{key} has no doc comment");
                    }
                }
                look(key, inner);
            }
        }
        let schema = schema().to_value();
        assert!(schema["definitions"]["Service"]["properties"]["command"].is_object(), "{schema}");
        look("stack", &schema);
    }

    /// `UPDATE_EXPECT=1` writes it.
    #[test]
    fn the_reference_is_what_the_types_say() {
        let schema = schema().to_value();
        let mut page = "# Reference of the stack file\n\nGenerated from the types that read it.\n".to_owned();
        page += &table("The stack", &schema, &schema);
        let mut definitions: Vec<_> = schema["definitions"].as_object().unwrap().iter().collect();
        definitions.sort_by_key(|(name, _)| *name);
        for (name, definition) in definitions {
            if definition["properties"].is_object() {
                page += &table(name, definition, &schema);
            }
        }
        expect_file!["../../../docs/reference-stack-file.md"].assert_eq(&page);
    }

    /// The keys of a table, by their names.
    fn table(title: &str, table: &Value, schema: &Value) -> String {
        let required = |key: &str| {
            table["required"].as_array().is_some_and(|keys| keys.iter().any(|required| required == key))
        };
        let mut keys: Vec<_> = table["properties"].as_object().unwrap().iter().collect();
        keys.sort_by_key(|(key, _)| (!required(key), key.as_str()));
        let mut text = format!("\n## {title}\n\n{}\n\n", said(table));
        for (key, property) in keys {
            let required = if required(key) { ", required" } else { "" };
            text += &format!("- `{key}` ({}{required}): {}\n", kind(property, schema), said(property));
            for choice in choices(property, schema) {
                text += &format!("  - `{}`: {}\n", written(choice), said(choice));
            }
        }
        text
    }

    /// How a choice is written: as a word, or as a table with one key.
    fn written(choice: &Value) -> String {
        match choice["properties"].as_object().and_then(|keys| keys.keys().next()) {
            Some(key) => format!("{{ {key} = … }}"),
            None => choice["const"].to_string(),
        }
    }

    fn said(described: &Value) -> &str {
        described["description"].as_str().unwrap_or_default()
    }

    /// What a property refers to, and its name.
    fn referred<'a>(property: &'a Value, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
        let inner = ["anyOf", "allOf"].iter().find_map(|key| property[key].get(0)).unwrap_or(property);
        let name = inner["$ref"].as_str()?.strip_prefix("#/definitions/")?;
        Some((name, &schema["definitions"][name]))
    }

    /// The words that a property may be.
    fn choices<'a>(property: &'a Value, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let choices = referred(property, schema).and_then(|(_, definition)| definition["oneOf"].as_array());
        choices.into_iter().flatten()
    }

    fn kind(property: &Value, schema: &Value) -> String {
        if let Some((name, definition)) = referred(property, schema) {
            return match &definition["properties"] {
                Value::Null if definition["oneOf"].is_array() => "one of".to_owned(),
                Value::Null => {
                    let of = definition["anyOf"].as_array().into_iter().flatten();
                    of.map(|one| kind(one, schema)).collect::<Vec<_>>().join(" or ")
                }
                _ => format!("table [{name}](#{})", name.to_lowercase()),
            };
        }
        match property["type"].as_str() {
            Some("string") => "text".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "number".to_owned(),
            Some("array") => format!("list, each {}", kind(&property["items"], schema)),
            _ => format!("table, each {}", kind(&property["additionalProperties"], schema)),
        }
    }
}
