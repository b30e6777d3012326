// local_models and pull.
#include <pmtune/hub.hpp>

#include "callbacks.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

py::dict to_dict(const LocalModel& model) {
  return py::dict("name"_a = text(model.name), "reference"_a = text(model.reference), "source"_a = text(model.source),
                  "place"_a = text(model.place), "bytes"_a = model.bytes, "architecture"_a = text(model.architecture),
                  "parameters"_a = model.parameters, "quantization"_a = text(model.quantization),
                  "context_length"_a = model.context_length, "trains"_a = model.trains,
                  "reason"_a = text(model.reason));
}

py::dict to_dict(const PullProgress& p) {
  return py::dict("event"_a = "pull", "file"_a = text(p.file), "file_bytes"_a = p.file_bytes,
                  "file_total"_a = p.file_total, "bytes"_a = p.bytes, "total"_a = p.total,
                  "files_done"_a = p.files_done, "files"_a = p.files, "bytes_per_second"_a = p.bytes_per_second,
                  "seconds"_a = p.seconds, "seconds_left"_a = number(p.seconds_left), "note"_a = text(p.note),
                  "text"_a = text(printed(p)));
}

py::list list_models() {
  py::list list;
  for (const LocalModel& model : without_gil([] { return local_models(); })) list.append(to_dict(model));
  return list;
}

py::str pull_model(const std::string& name, const py::object& to, const py::object& progress,
                   const py::kwargs& named) {
  auto options = with_options(PullOptions{}, named);
  if (!to.is_none()) options.to = path_of(to);
  const Reporter reporter("pull", progress);
  const PullCallback callback = [&](const PullProgress& event) {
    const py::gil_scoped_acquire gil;
    check_signals();
    return reporter.listening() ? reporter.tell(to_dict(event)) : Control::resume;
  };
  const std::string path = without_gil([&] { return pull(name, options, callback); });
  return py::module_::import("os").attr("fsdecode")(py::bytes(path));
}

}  // namespace

void bind_hub(py::module_& module) {
  module.def("local_models", &list_models,
             "local_models()\n--\n\n"
             "The models in the folders of pmtune, Hugging Face, LM Studio and Ollama: a list of {name, reference, "
             "source, place,\n"
             "bytes, architecture, parameters, quantization, context_length, trains, reason}. Model.load() takes a "
             "reference\n"
             "or a source; reason says why a model does not train.");
  module.def(
      "pull", &pull_model, "name"_a, "to"_a = py::none(), "progress"_a = "auto",
      "pull(name, to=None, progress='auto', *, endpoint=None, revision='main', token=None, retries=5, "
      "timeout=30)\n--\n\n"
      "Fetch 'OWNER/NAME', 'OWNER/NAME:file.gguf' or 'OWNER/NAME:Q4_K_M' from huggingface.co or an endpoint that "
      "speaks as it\n"
      "does; returns the path for Model.load(). to: a folder, else pmtune's own cache. Every file is compared with "
      "its listed\n"
      "size and checksum; an interrupted pull goes on where it was. progress: as for train(); a function gets "
      "{event, file,\n"
      "bytes, total, bytes_per_second, seconds_left, note, text, ...}, and False ends with Cancelled. Raises "
      "NotFound,\n"
      "InvalidArgument (a choice is needed), Unsupported, Corrupt, IoError, Busy, Cancelled.");
}

}  // namespace pmtune::python
