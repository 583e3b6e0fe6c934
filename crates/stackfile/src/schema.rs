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
}
