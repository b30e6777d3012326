// The whole job in Rust, without crates, through the C interface (capi/pmtune.h): check the examples, train, compare with the
// base model, register the result, ask it something.
//
//   rustc --edition 2021 -O examples/main_job.rs -L build/release/lib -C link-arg=-Wl,-rpath,build/release/lib
//   ./main_job [dataset.jsonl [model [registry folder [suite]]]]
use std::ffi::{c_char, c_void, CStr, CString};
use std::ptr::{null, null_mut};

// Handles are opaque. A real binding would give each its own type and a Drop; here the job ends with the process.
type Handle = *mut c_void;

#[repr(C)]
#[derive(Clone, Copy)]
struct Text {
    data: *const c_char,
    size: usize,
}

// pmt_train_config up to the members that are used here. struct_size tells the library how far it may read and write, so
// a shorter struct is as good as the whole one.
#[repr(C)]
struct TrainConfig {
    struct_size: usize,
    name: *const c_char,
    learning_rate: f64,
    batch_size: i64,
    epochs: i64,
}

// pmt_progress: the members before `text` are left unnamed.
#[repr(C)]
struct Progress {
    struct_size: usize,
    unnamed: [u64; 16],
    text: *const c_char,
    event: i32,
}
const EVENT_EPOCH: i32 = 2;

#[link(name = "pmtune_c")]
extern "C" {
    fn pmt_error_message(error: Handle) -> *const c_char;
    fn pmt_error_free(error: Handle);
    fn pmt_buffer_view(buffer: Handle) -> Text;
    fn pmt_buffer_free(buffer: Handle);
    fn pmt_dataset_load(path: *const c_char, options: *const c_void, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_model_load(source: *const c_char, options: *const c_void, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_train_config_suggest(
        config: *mut TrainConfig, struct_size: usize, model: Handle, data: Handle, preset: *const c_char,
        why: *mut Handle, err: *mut Handle,
    ) -> i32;
    fn pmt_trainer_create(model: Handle, config: *const TrainConfig, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_trainer_plan_text(trainer: Handle, data: Handle, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_trainer_set_progress(
        trainer: Handle, callback: extern "C" fn(*const Progress, *mut c_void) -> i32, user_data: *mut c_void,
        destroy: *const c_void, err: *mut Handle,
    ) -> i32;
    fn pmt_trainer_run(trainer: Handle, data: Handle, validation: Handle, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_train_result_model(result: Handle, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_evaluator_create(suite: *const c_char, options: *const c_void, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_evaluator_compare(
        evaluator: Handle, base: Handle, tuned: Handle, held_out: Handle, out: *mut Handle, err: *mut Handle,
    ) -> i32;
    fn pmt_report_save_html(report: Handle, path: *const c_char, err: *mut Handle) -> i32;
    fn pmt_report_verdict(report: Handle, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_registry_open(folder: *const c_char, out: *mut Handle, err: *mut Handle) -> i32;
    fn pmt_registry_add(
        registry: Handle, result: Handle, report: Handle, notes: *const c_char, out: *mut Handle, err: *mut Handle,
    ) -> i32;
    fn pmt_registry_set_alias(
        registry: Handle, alias: *const c_char, reference: *const c_char, err: *mut Handle,
    ) -> i32;
    fn pmt_registry_open_model(
        registry: Handle, reference: *const c_char, options: *const c_void, out: *mut Handle, err: *mut Handle,
    ) -> i32;
    fn pmt_model_chat(
        model: Handle, question: Text, options: *const c_void, out: *mut Handle, err: *mut Handle,
    ) -> i32;
}

// Runs a function that can fail; its sentence becomes the error.
fn call(function: impl FnOnce(*mut Handle) -> i32) -> Result<(), String> {
    let mut err: Handle = null_mut();
    if function(&mut err) == 0 {
        return Ok(());
    }
    let message = unsafe { CStr::from_ptr(pmt_error_message(err)).to_string_lossy().into_owned() };
    unsafe { pmt_error_free(err) };
    Err(message)
}

// The same for a function that makes an object.
fn make(function: impl FnOnce(*mut Handle, *mut Handle) -> i32) -> Result<Handle, String> {
    let mut out: Handle = null_mut();
    call(|err| function(&mut out, err))?;
    Ok(out)
}

// The same for a function that makes a text.
fn text(function: impl FnOnce(*mut Handle, *mut Handle) -> i32) -> Result<String, String> {
    let buffer = make(function)?;
    let view = unsafe { pmt_buffer_view(buffer) };
    let bytes = unsafe { std::slice::from_raw_parts(view.data as *const u8, view.size) };
    let owned = String::from_utf8_lossy(bytes).into_owned();
    unsafe { pmt_buffer_free(buffer) };
    Ok(owned)
}

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL inside")
}

// Runs on the thread that called pmt_trainer_run. 0 means go on.
extern "C" fn on_progress(progress: *const Progress, _user_data: *mut c_void) -> i32 {
    let progress = unsafe { &*progress };
    if progress.event == EVENT_EPOCH {
        println!("{}", unsafe { CStr::from_ptr(progress.text) }.to_string_lossy());
    }
    0
}

fn job(path: &str, model: &str, folder: &str, suite: &str) -> Result<(), String> {
    let (path, model, folder, suite) = (c(path), c(model), c(folder), c(suite));
    let (preset, name, page, notes) = (c("balanced"), c("PM-Assistant"), c("report.html"), c("first version"));
    let (alias, reference) = (c("primary"), c("PM-Assistant@primary"));
    let question = "Write a user story for password reset functionality";

    unsafe {
        let data = make(|out, err| pmt_dataset_load(path.as_ptr(), null(), out, err))?;
        let base = make(|out, err| pmt_model_load(model.as_ptr(), null(), out, err))?;

        let mut config: TrainConfig = std::mem::zeroed();
        let size = std::mem::size_of::<TrainConfig>();
        call(|err| pmt_train_config_suggest(&mut config, size, base, data, preset.as_ptr(), null_mut(), err))?;
        config.name = name.as_ptr();

        let trainer = make(|out, err| pmt_trainer_create(base, &config, out, err))?;
        println!("{}", text(|out, err| pmt_trainer_plan_text(trainer, data, out, err))?);
        call(|err| pmt_trainer_set_progress(trainer, on_progress, null_mut(), null(), err))?;
        let result = make(|out, err| pmt_trainer_run(trainer, data, null_mut(), out, err))?;
        let tuned = make(|out, err| pmt_train_result_model(result, out, err))?;

        let evaluator = make(|out, err| pmt_evaluator_create(suite.as_ptr(), null(), out, err))?;
        let report = make(|out, err| pmt_evaluator_compare(evaluator, base, tuned, null_mut(), out, err))?;
        call(|err| pmt_report_save_html(report, page.as_ptr(), err))?;
        println!("{}", text(|out, err| pmt_report_verdict(report, out, err))?);

        let registry = make(|out, err| pmt_registry_open(folder.as_ptr(), out, err))?;
        let version = c(&text(|out, err| pmt_registry_add(registry, result, report, notes.as_ptr(), out, err))?);
        call(|err| pmt_registry_set_alias(registry, alias.as_ptr(), version.as_ptr(), err))?;
        let primary = make(|out, err| pmt_registry_open_model(registry, reference.as_ptr(), null(), out, err))?;
        let view = Text { data: question.as_ptr() as *const c_char, size: question.len() };
        println!("{}", text(|out, err| pmt_model_chat(primary, view, null(), out, err))?);
    }
    Ok(())
}

fn main() {
    let argument = |index: usize, otherwise: &str| std::env::args().nth(index).unwrap_or_else(|| otherwise.to_string());
    let path = argument(1, "examples/dataset.jsonl");
    if let Err(message) = job(&path, &argument(2, "smollm2-135m-instruct"), &argument(3, "models"), &argument(4, "product-management")) {
        eprintln!("{message}");
        std::process::exit(1);
    }
}
